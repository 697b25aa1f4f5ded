"""Laplace's approximation and the evidence: what the data say of strengths and sizes without validation."""
