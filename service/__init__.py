"""How everyone gets in: HTTP, pages, records, jobs, command line."""
