"""How stores keep their planograms, across stores and over time."""
