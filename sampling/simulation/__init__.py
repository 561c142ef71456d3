"""What a way of picking would have saved on photos whose labels are known: the honest protocol, played through."""
