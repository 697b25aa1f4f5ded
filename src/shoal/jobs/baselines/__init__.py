"""What a network has to beat: constants and linear models, in the time that a job has for them."""
