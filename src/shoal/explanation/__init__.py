"""The chain rule of a network with its numbers, the gradient check, and what networks of images look for."""
