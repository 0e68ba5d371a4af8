"""Models: what stands behind their ids, and the processes that run them."""
