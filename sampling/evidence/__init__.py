"""What the loop itself says about its sampling: measured savings, and which recipe to trust."""
