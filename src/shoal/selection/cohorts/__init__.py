"""How it is divided: candidates, starts and folds planned into cohorts, each trained as one population."""
