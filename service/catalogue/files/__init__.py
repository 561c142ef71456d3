"""CSV files: the whole catalogue, or what a store carries."""
