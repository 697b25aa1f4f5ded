"""What is kept: trials and weights, in a folder that survives a kill or in memory, and networks of them."""
