"""What comes out: networks of one architecture with their parameters, trained in one go or step by step."""
