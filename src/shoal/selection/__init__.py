"""Studies: candidates, cohorts, the store of trials, and the choice among them."""
