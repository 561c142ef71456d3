"""What the sampler saves, measured by the loop itself, and which recipe it trusts for that."""
