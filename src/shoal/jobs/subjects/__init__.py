"""What explanations and gradient checks are about: a network and a batch of its data."""
