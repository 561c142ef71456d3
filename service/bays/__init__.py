"""Bays and how each kept its planogram last."""
