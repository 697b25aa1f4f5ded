"""The lecture, recomputed: every computed thing of its slides as a study on the production engine."""
