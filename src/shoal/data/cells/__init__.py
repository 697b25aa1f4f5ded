"""What single values of a column are written as: numbers, dates, words, and nothing."""
