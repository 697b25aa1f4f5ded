"""Jobs that learn from sequences: what is special to them."""
