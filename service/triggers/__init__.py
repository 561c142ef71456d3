"""Triggers: what orders a retraining without a person, and how far each is from it."""
