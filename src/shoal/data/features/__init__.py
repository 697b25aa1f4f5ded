"""Columns as features: an encoder for each kind, and the matrix of all of them."""
