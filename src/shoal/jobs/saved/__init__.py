"""Saved models: what a folder holds, how it is written, and how it is read again."""
