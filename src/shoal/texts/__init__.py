"""Texts: what they are cut into, and how they become numbers, sparse counts or whole numbers in a row."""
