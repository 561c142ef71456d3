"""Who saw what, how long pictures are kept, and the proof that they are gone."""
