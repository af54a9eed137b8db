"""A hot apply: replace the service that runs by a newer one, and remove what it leaves."""
