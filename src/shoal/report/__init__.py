"""Evidence as one HTML page, in words and tables."""
