"""shoal beside torch, jax and scikit-learn on equal terms: ``python -m benchmarks [B1 B4 …]``."""
