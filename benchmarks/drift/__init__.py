"""Drift: how often it is seen where there is none, and how soon where there is."""
