"""The compiled module, and architectures as it takes them."""
