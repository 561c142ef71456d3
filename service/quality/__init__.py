"""How good the labels are: hidden gold, agreement, consensus, reviews and the search for label errors."""
