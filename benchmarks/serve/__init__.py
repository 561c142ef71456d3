"""What serving costs: the service against a bare loop without HTTP, and against two services built the usual way."""
