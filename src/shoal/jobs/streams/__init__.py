"""Jobs on tables that are larger than the memory."""
