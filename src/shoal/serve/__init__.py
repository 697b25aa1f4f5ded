"""A saved model as a server of this machine: rows in, predictions out."""
