"""Terms: the factors that make up the value of labelling a capture."""
