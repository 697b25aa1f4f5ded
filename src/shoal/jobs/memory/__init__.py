"""What a job holds in memory, and what becomes less where that is too much."""
