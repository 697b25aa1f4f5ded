"""What is tried: architectures of several sizes and strengths, from a grid or from the space of a search."""
