"""What a store is: value types without any I/O."""
