"""Workers on other machines, by way of Dask, Ray or MPI: a small adapter each, no scheduler of our own."""
