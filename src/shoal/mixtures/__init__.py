"""Ensembles over kinds of models of sequences: random convolutions, trained ones, recurrent networks."""
