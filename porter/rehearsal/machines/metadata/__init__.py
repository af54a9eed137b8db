"""The instance metadata service of both kinds of machines."""
