"""Drift: what moved, per store and camera, and what follows from it."""
