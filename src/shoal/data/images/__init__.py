"""Images: reading them from folders, IDX and NPZ files, and turning them into numbers."""
