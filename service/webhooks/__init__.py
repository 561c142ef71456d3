"""Webhooks: store systems are told when a verdict changes, in order, until they say that they heard."""
