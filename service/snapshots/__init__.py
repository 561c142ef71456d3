"""Snapshots in the records: kept, compared, rebuilt and exported."""
