"""What is special to a job on a table."""
