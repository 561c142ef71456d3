"""The sampler at pool scale: a whole round, the near-duplicate gate and diversity, beside other samplers."""
