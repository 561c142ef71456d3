"""Clips of store cameras: frames, what moves, faces to cover, and where to cut."""
