"""Does the loop recover from a new catalogue, new light and new planograms? Told in docs/recovery.md."""
