"""A porterd with nothing to do leaves the CPU to the service."""

import os
import time
from pathlib import Path

from porter.spec import HealthCheck
from tests.daemon.handing import KEY, profile
from tests.daemon.loopback import Imds, Service, running
from tests.daemon.porterd_process import PorterdProcess
from tests.daemon.roles import Sts

CALLER = {"AccessKeyId": "A", "SecretAccessKey": "b", "Token": "c"}
ROLE = "arn:aws:iam::123456789012:role/Service"


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of the process `pid` without its children's (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_porterd_waits_without_using_the_cpu_before_and_after_the_verdict(
    porterd: PorterdProcess, service: Service, imds: Imds
) -> None:
    """It waits for the next check, an exit, an outcome of the job, a renewal and its host's end."""
    with running(sts := Sts(3600, CALLER)):
        profile(imds, CALLER)
        check = HealthCheck("/health", interval_seconds=3, healthy_threshold=2)
        porterd.watch_over(service.port, check, role=ROLE)
        (porterd.folders["credentials"] / "credentials.key").write_bytes(KEY)
        porterd.environment |= {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{sts.port}",
            "PORTER_JOBS_DIRECTORY": str(porterd.root),
        }
        porterd.start()
        porterd.until(lambda: sts.calls == 2)
        porterd.until(lambda: porterd.service()["gate"]["consecutive"] == 1)
        before = cpu_seconds(porterd.worker)
        time.sleep(1.5)
        assert cpu_seconds(porterd.worker) - before < 0.4
        assert porterd.until_signal("sent")["signal"]["status"] == "SUCCESS"
        before = cpu_seconds(porterd.worker)
        time.sleep(1.5)
        assert cpu_seconds(porterd.worker) - before < 0.4
        assert sts.calls == 2
