"""A bay on photos against its planogram: which position each facing stands for, and what became of every position."""
