"""Coverage: what the labels of the whole loop show, and what they do not."""
