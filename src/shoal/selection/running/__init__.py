"""How it is run: cohorts in rounds, here or on workers elsewhere, and what was chosen on all samples."""
