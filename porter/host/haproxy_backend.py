"""The backend of haproxy.cfg: where requests go."""

from __future__ import annotations

from porter.host.unit_file import Lines
from porter.spec import HostSpec, Workload


def backend(spec: HostSpec, workload: Workload) -> Lines:
    """The lines of the backend before `workload`, one of `spec`."""
    return (
        "# No check here: porterd and the load balancer check through the frontend.",
        f"server {spec.running_name(workload)} 127.0.0.1:{workload.port}",
    )
