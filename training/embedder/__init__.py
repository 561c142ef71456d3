"""How the crop embedder is made: `python -m training.embedder` from photos that may train it, by metric learning."""
