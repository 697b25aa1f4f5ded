"""The shoal in a notebook: ``shoal.lab.widget``, which shows the runs of a kernel and steers them."""
