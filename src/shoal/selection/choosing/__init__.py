"""What is chosen of the trials: one network or several, and why."""
