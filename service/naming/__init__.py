"""Naming facings: the gallery that servers share, its references, and the embedder that reads them."""
