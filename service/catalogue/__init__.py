"""The catalogue in the records and over HTTP."""
