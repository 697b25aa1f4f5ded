"""Reading tables: one file to a format, each giving what ``as_frame`` takes, and what texts are cut by."""
