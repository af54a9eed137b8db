"""Drain a host that Auto Scaling terminates: stop what it runs, then let it go (ADR 0037)."""
