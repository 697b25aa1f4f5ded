"""What a model is worth: rows held out and rows of the test, scores, comparisons, calibration."""
