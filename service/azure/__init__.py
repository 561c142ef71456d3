"""Azure's retired planogram matching, answered in its own form, so that an old caller only changes the address."""
