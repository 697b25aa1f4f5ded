"""What a command does from beginning to end: fit, predict, explain, check, report."""
