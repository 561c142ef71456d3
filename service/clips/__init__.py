"""Clips of store cameras: received, cut into pieces with faces covered, labelled with events, exported."""
