"""Restart the programs that porterd found unhealthy for too long (ADR 0040)."""
