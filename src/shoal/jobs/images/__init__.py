"""Jobs that learn from images: what is special to them."""
