"""Which models exist, which one serves, and moving from one to the next."""
