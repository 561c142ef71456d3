"""What to label next: near-duplicates, value of a capture, selection with a random control arm."""
