"""Hosts whose machine or network is not as it should be: only booted ones can be like that."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures import services
from tests.failures.rows import Failure

_BOOTED = "systemd"
_WITHIN = 40
"""Seconds: what boots installs packages, beside others that do; certain is it halfway there."""

_PATIENCE = 120
"""Seconds: the bootstrap asks for 60 of them."""

_UNHEARD = "WaitCondition timed out. Received 0 conditions when expecting 1"
_SETUP = "setup=[Setup('agent', command=['sh', '-c', 'echo no licence; exit 3'])]"

MACHINE = (
    Failure(
        name="mirror-missing",
        machine=_BOOTED,
        faults=(Fault.MIRROR_MISSING,),
        within=_WITHIN,
        seen="porter host apply: phase haproxy: `/usr/bin/apt-get …install -y "
        "--no-install-recommends haproxy` failed, exit code 100: …"
        "Could not resolve …E: Unable to locate package haproxy",
        why="The package mirror cannot be reached, and HAProxy is not on the image.",
        cure="Has the subnet a way to the mirror: a NAT gateway, a proxy, an S3 endpoint (Amazon "
        "Linux)? Or put HAProxy on the image.",
    ),
    Failure(
        name="package-missing",
        machine=_BOOTED,
        faults=(Fault.PACKAGE_MISSING,),
        within=_WITHIN,
        seen="porter host apply: phase haproxy: `/usr/bin/apt-get …install -y "
        "--no-install-recommends haproxy` failed, exit code 100: …"
        "E: Package 'haproxy' has no installation candidate",
        why="The mirror can be reached and does not have the package, or a pin forbids it.",
        cure="Look at the image's package sources, and at `/etc/apt/preferences.d`.",
    ),
    Failure(
        name="setup-fails",
        machine=_BOOTED,
        edits=(
            ("PorterService, Process", "PorterService, Process, Setup"),
            ('HealthCheck("/health")', f'HealthCheck("/health"), {_SETUP}'),
        ),
        within=_WITHIN,
        seen="porter host apply: phase setup: agent: …failed, exit code 3: no licence",
        why="A setup step of your own did not end well.",
        cure="Read its last lines; all of them are in `/var/log/porter/setup-NAME.log`.",
    ),
    Failure(
        name="porterd-port-taken",
        machine=_BOOTED,
        faults=(Fault.PORTERD_PORT_TAKEN,),
        within=_WITHIN,
        seen="porter host apply: phase porterd: `/usr/bin/systemctl start porterd.service` failed, "
        "exit code 1: …porterd: cannot listen on 127.0.0.1:3001: Address already in use (stop what "
        "listens there)",
        why="Another program of the image listens on porterd's port.",
        cure="Take it out of the image, or move it.",
    ),
    Failure(
        name="memory-short",
        machine=_BOOTED,
        main=services.TAKES_ALL_MEMORY,
        faults=(Fault.MEMORY_SHORT,),
        within=_WITHIN + 20,
        seen="hello-service will not become healthy: web was killed by SIGKILL (out of memory…) "
        "(… times). Last lines of web: …reading it all into memory",
        why="The kernel killed the process, as there was no memory left. The question mark is "
        "there where systemd cannot know for certain (control groups of version 1).",
        cure="Take a larger instance type, or find what the memory is for.",
    ),
    Failure(
        name="disk-full",
        machine=_BOOTED,
        faults=(Fault.DISK_FULL,),
        within=_WITHIN,
        seen="bootstrap: bundle: OSError(28, 'No space left on device'), clock: …",
        why="Nothing can be written any more. Where not a byte is free, cloud-init gets no further "
        "than to say so on the console, and CloudFormation hears nothing.",
        cure="Give the image's volume more room: porter itself takes 30 MB.",
    ),
    Failure(
        name="clock-late",
        machine=_BOOTED,
        faults=(Fault.CLOCK_LATE,),
        timeout=200,
        within=_PATIENCE,
        seen="bootstrap: payload: <HTTPError 403: 'Forbidden'>, clock: …",
        why="The host's clock is wrong: compare that time with the event's own. S3 takes no "
        "signature that is 15 minutes off.",
        cure="Let the image set its clock at boot (chrony with `169.254.169.123`).",
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
        why="There is no instance metadata, so the host knows neither its user data nor itself.",
        cure="Is IMDS switched off in the account's or the launch template's metadata options? "
        "The console output says it (`aws ec2 get-console-output`).",
    ),
    Failure(
        name="dns-dead",
        machine=_BOOTED,
        faults=(Fault.DNS_DEAD,),
        # apt would ask for minutes before the bootstrap has its turn.
        edits=(('HealthCheck("/health")', 'HealthCheck("/health"), packages=[]'),),
        timeout=110,
        within=140,
        as_text=True,
        signals=(),
        seen=f"{_UNHEARD}…Temporary failure in name resolution",
        why="No name is resolved: the host reaches neither S3 nor the wait handle.",
        cure="Is `enableDnsSupport` on in the VPC, and UDP 53 open to its resolver? The console "
        "output says what failed.",
    ),
)
