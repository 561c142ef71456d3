"""Whether this process lives, whether it can answer, and what it measured."""
