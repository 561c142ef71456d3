"""A promoted model that fails or is slow in service makes place for the one before by itself."""
