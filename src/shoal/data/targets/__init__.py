"""What is asked of a target: its task, its classes, its loss."""
