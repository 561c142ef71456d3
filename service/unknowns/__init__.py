"""Facings that show no known product: shown in clusters of alike ones, and named many at once."""
