"""HAProxy in front of the service: its configuration, its unit and its runtime API."""
