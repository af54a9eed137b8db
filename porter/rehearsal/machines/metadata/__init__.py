"""The instance metadata service, for machines of either kind."""
