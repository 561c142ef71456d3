"""What a camera sees: decoding, one-pass detection, condition of a photo."""
