"""HAProxy before the service: its configuration, its unit, and its runtime API."""
