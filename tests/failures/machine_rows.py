"""Hosts with a broken machine or network. Only booted machines can have these faults."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures import services
from tests.failures.rows import BOOTED_TIMEOUT, Failure

_BOOTED = "systemd"
_WITHIN = 40
"""A limit in seconds: hosts boot and install packages side by side."""

_PATIENCE = 120
"""A time-out in seconds; the bootstrap retries for 60 s."""

_UNHEARD = "WaitCondition timed out. Received 0 conditions when expecting 1"
_SETUP = "setup=[Setup('agent', command=['sh', '-c', 'echo no licence; exit 3'])]"

MACHINE = (
    Failure(
        name="mirror-missing",
        machine=_BOOTED,
        faults=(Fault.MIRROR_MISSING,),
        timeout=BOOTED_TIMEOUT,
        within=_WITHIN,
        seen="porter host apply: phase haproxy: `/usr/bin/apt-get …install -y "
        "--no-install-recommends haproxy` failed, exit code 100: …"
        "Could not resolve …E: Unable to locate package haproxy",
        why="The host cannot reach the package mirror, and the image has no HAProxy.",
        cure="Give the subnet a route to the mirror: a NAT gateway, a proxy, or an S3 endpoint "
        "(Amazon Linux). Or install HAProxy on the image.",
    ),
    Failure(
        name="package-missing",
        machine=_BOOTED,
        faults=(Fault.PACKAGE_MISSING,),
        timeout=BOOTED_TIMEOUT,
        within=_WITHIN,
        seen="porter host apply: phase haproxy: `/usr/bin/apt-get …install -y "
        "--no-install-recommends haproxy` failed, exit code 100: …"
        "E: Package 'haproxy' has no installation candidate",
        why="The mirror does not have the package, or a pin forbids it.",
        cure="Check the image's package sources and `/etc/apt/preferences.d`.",
    ),
    Failure(
        name="setup-fails",
        machine=_BOOTED,
        edits=(
            ("PorterService, Process", "PorterService, Process, Setup"),
            ('HealthCheck("/health")', f'HealthCheck("/health"), {_SETUP}'),
        ),
        timeout=BOOTED_TIMEOUT,
        within=_WITHIN,
        seen="porter host apply: phase setup: agent: …failed, exit code 3: no licence",
        why="One of your own setup steps failed.",
        cure="Read its last lines. `/var/log/porter/setup-NAME.log` has all of them.",
    ),
    Failure(
        name="port-taken",
        machine=_BOOTED,
        faults=(Fault.HAPROXY_PORT_TAKEN,),
        timeout=BOOTED_TIMEOUT,
        within=_WITHIN,
        seen="porter host apply: phase haproxy: proxy/port: port 80 is taken by python3 "
        '(fault.service, process …) (add setup=[Setup("no-fault", command=["systemctl", "disable", '
        '"--now", "fault.service"])], or choose another port)',
        why="Another program of the image, or of a package, listens on HAProxy's port. For the "
        "service's port the reason is the same, in phase workloads.",
        cure="Add the setup step, which runs before HAProxy starts.",
    ),
    Failure(
        name="porterd-port-taken",
        machine=_BOOTED,
        faults=(Fault.PORTERD_PORT_TAKEN,),
        timeout=BOOTED_TIMEOUT,
        within=_WITHIN,
        seen="porter host apply: phase porterd: porterd/port: port 3001 is taken by python3 "
        '(fault.service, process …) (add setup=[Setup("no-fault", command=["systemctl", "disable", '
        '"--now", "fault.service"])])',
        why="Another program of the image, or of a package, listens on porterd's port.",
        cure="Add the setup step, which runs before porterd starts; or move that program to "
        "another port.",
    ),
    Failure(
        name="memory-short",
        machine=_BOOTED,
        main=services.TAKES_ALL_MEMORY,
        faults=(Fault.MEMORY_SHORT,),
        timeout=BOOTED_TIMEOUT,
        within=_WITHIN + 20,
        seen="hello-service will not become healthy: web was killed by SIGKILL (out of memory…) "
        "(… times). Last lines of web: …reading it all into memory",
        why="The host had no memory left, so the kernel killed the process. A question mark means"
        " that systemd cannot be certain (control groups of version 1).",
        cure="Choose a larger instance type, or find out what uses the memory.",
    ),
    Failure(
        name="disk-full",
        machine=_BOOTED,
        faults=(Fault.DISK_FULL,),
        timeout=BOOTED_TIMEOUT,
        within=_WITHIN,
        seen="bootstrap: bundle: OSError(28, 'No space left on device'), clock: …",
        why="The disk is full. If not a single byte is free, cloud-init can only write to the "
        "console, and CloudFormation receives no signal.",
        cure="Enlarge the image's volume. porter itself takes 30 MB.",
    ),
    Failure(
        name="clock-late",
        machine=_BOOTED,
        faults=(Fault.CLOCK_LATE,),
        timeout=200,
        within=_PATIENCE,
        seen="bootstrap: payload: <HTTPError 403: 'Forbidden'>, clock: …",
        why="The host's clock is wrong: compare its time in the reason with the event's time. S3 "
        "refuses a signature that is 15 minutes off.",
        cure="Set the clock at boot, in the image (chrony with `169.254.169.123`).",
    ),
)

UNHEARD = (
    Failure(
        name="metadata-dead",
        machine=_BOOTED,
        faults=(Fault.METADATA_DEAD,),
        timeout=100,
        within=130,
        as_text=True,
        signals=(),
        seen=f"{_UNHEARD}…Used fallback datasource",
        why="The host has no instance metadata, so it can read neither its user data nor its own "
        "identity.",
        cure="Check that IMDS is enabled in the metadata options of the account and the launch "
        "template. The console output shows the cause (`aws ec2 get-console-output`).",
    ),
    Failure(
        name="dns-dead",
        machine=_BOOTED,
        faults=(Fault.DNS_DEAD,),
        # Without packages: apt would retry for minutes before the bootstrap runs.
        edits=(('HealthCheck("/health")', 'HealthCheck("/health"), packages=[]'),),
        timeout=110,
        within=140,
        as_text=True,
        signals=(),
        seen=f"{_UNHEARD}…Temporary failure in name resolution",
        why="The host cannot resolve names, so it can reach neither S3 nor the wait handle.",
        cure="Check that the VPC has `enableDnsSupport`, and that UDP 53 to its resolver is open. "
        "The console output shows what failed.",
    ),
)
