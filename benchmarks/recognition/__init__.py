"""Naming, measured: on real photos, and in a gallery as large as a chain's catalogue."""
