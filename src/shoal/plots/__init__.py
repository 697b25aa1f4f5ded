"""Charts as SVG, drawn from evidence alone: they know nothing of networks."""
