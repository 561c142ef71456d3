"""Compliance: how bays keep their planograms, photo by photo."""
