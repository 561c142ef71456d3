"""A procedural shelf world: drawn products on drawn bays, with exact truth for every photo."""
