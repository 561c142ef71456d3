"""How good labels are, and where they are wrong: pure rules that take and return values."""
