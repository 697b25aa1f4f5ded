"""Tables: reading them, saying what their columns hold, and turning them into numbers."""
