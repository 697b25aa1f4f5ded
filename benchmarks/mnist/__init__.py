"""Handwritten digits: what networks of several kinds reach on MNIST, each row from one command."""
