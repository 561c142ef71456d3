"""What the model says about its own doubt, held against the truth: calibration, and how well each signal warns."""
