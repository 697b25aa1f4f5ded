"""Models of tables as one SELECT, for databases that have the functions of mathematics."""
