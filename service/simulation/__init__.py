"""Simulations on a user's own labels: read, embed, play."""
