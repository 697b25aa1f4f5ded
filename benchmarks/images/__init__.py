"""The defaults on images that are no digits: made ones whose answer is known, and photographs."""
