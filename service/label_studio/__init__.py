"""The loop with Label Studio: tasks go out with predictions, annotations and reviews come back."""
