"""What is computed: architectures, forward and backward."""
