"""Photos coming in: admission, checks, answer, storage."""
