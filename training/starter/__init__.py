"""How the starter model is made: `python -m training.starter` from the shelf world and photos that may train it."""
