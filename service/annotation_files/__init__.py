"""Annotations as files of other tools, out and in."""
