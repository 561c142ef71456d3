"""How many planted label errors are found, and how much of what is flagged is clean."""
