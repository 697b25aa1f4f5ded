"""Sequences: reading them from files and tables, and turning them into numbers."""
