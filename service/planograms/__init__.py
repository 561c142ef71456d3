"""Planograms: the intended layout of each bay."""
