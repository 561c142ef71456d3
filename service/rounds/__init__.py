"""Rounds: pool in, batch of tasks out."""
