"""Retrainings: from labels to a candidate, through the gate, to promotion."""
