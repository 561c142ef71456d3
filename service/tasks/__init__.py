"""Tasks: leased, labelled, skipped or given back."""
