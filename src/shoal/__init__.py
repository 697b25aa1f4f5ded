"""shoal trains a whole shoal of neural networks at once and keeps the one that generalises."""

__version__ = "0.1.0"
