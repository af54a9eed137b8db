"""What a host is told that is not to run a job."""

from __future__ import annotations

from porter.errors import PorterError


class RefusedError(PorterError):
    """Another host runs it, or nobody should; that is no fault."""
