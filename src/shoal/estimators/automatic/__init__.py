"""Tables with nothing to tune: the ensembles of ``shoal fit``."""
