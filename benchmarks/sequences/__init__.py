"""Series with published splits: what the estimators with nothing to tune reach, each set from one command."""
