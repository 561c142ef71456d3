"""Does every position get the verdict that it deserves? `make bench-planogram`."""
