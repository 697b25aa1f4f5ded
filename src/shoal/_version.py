"""The version of shoal, said once."""

__version__ = "0.1.0"
