"""Semi-synthetic shelves: reference pictures of new products set into real, labelled photos of the training part."""
