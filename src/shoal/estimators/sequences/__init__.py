"""Series in, with nothing to tune: a class, numbers, a class for each step, or what comes next."""
