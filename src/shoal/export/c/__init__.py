"""Models as one C99 file, which needs nothing but the mathematics library of C."""
