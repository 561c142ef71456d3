"""Drift: whether a camera's newest captures still look like those before, and what moved."""
