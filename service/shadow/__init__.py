"""Candidates that passed their gate look at live captures beside the champion before they may serve."""
