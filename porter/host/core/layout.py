"""Where everything is on a host: the only place that spells a path (ADR 0004)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.spec import AssetLocation

ADDRESS_UNIT = "porterd-address.service"
PORTERD_UNIT = "porterd.service"
ENVIRONMENT_UNIT = "porter-environment.service"
JOURNALD_UNIT = "systemd-journald.service"


@dataclass(frozen=True, slots=True)
class Layout:
    """All paths below `root`: `/` on a host, any other folder where a host is only played."""

    root: Path = Path("/")

    def __post_init__(self) -> None:
        if not self.root.is_absolute() or any(character < " " for character in str(self.root)):
            raise PorterError(f"must be an absolute path, got {str(self.root)!r}", where="--root")

    @property
    def is_machine(self) -> bool:
        """Whether this is the machine itself, and not a folder where one is only played."""
        return self.root == Path("/")

    @property
    def deployment(self) -> Path:
        """The `Deployment`, written by cloud-init, mode 0600."""
        return self.root / "etc/porter/deployment.json"

    @property
    def host(self) -> Path:
        """The resolved `HostSpec`, mode 0600: environments may hold secrets."""
        return self.root / "etc/porter/host.json"

    @property
    def haproxy_cfg(self) -> Path:
        """The configuration HAProxy runs with."""
        return self.root / "etc/porter/haproxy.cfg"

    @property
    def haproxy_candidate(self) -> Path:
        """The configuration HAProxy has yet to accept."""
        return self.root / "etc/porter/haproxy.cfg.new"

    @property
    def certificate(self) -> Path:
        """HAProxy's certificate and its key, mode 0600, in memory."""
        return self.root / "run/porter/haproxy.pem"

    @property
    def units(self) -> Path:
        """The folder of the generated units."""
        return self.root / "etc/systemd/system"

    @property
    def command(self) -> Path:
        """The `porter` command on the host's PATH."""
        return self.root / "usr/local/bin/porter"

    @property
    def lock(self) -> Path:
        """Held by the one `porter host apply` that may run."""
        return self.root / "run/porter/apply.lock"

    @property
    def programs(self) -> tuple[Path, ...]:
        """Where programs are looked up, in this order."""
        folders = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin")
        return tuple(self.root / folder for folder in folders)

    @property
    def kernel_settings(self) -> Path:
        """The kernel settings that count from boot on."""
        return self.root / "etc/sysctl.d/60-porter.conf"

    def kernel(self, key: str) -> Path:
        """Where the kernel itself tells and takes the setting `key`."""
        return self.root / "proc/sys" / key.replace(".", "/")

    @property
    def journald(self) -> Path:
        """Porter's part of the journal's configuration."""
        return self.root / "etc/systemd/journald.conf.d/60-porter.conf"

    @property
    def story(self) -> Path:
        """What each `porter host apply` did, and how it ended; also what `boot.py` raised."""
        return self.root / "var/log/porter/apply.log"

    @property
    def haproxy_runtime(self) -> Path:
        """The folder of HAProxy's admin socket, there while it runs."""
        return self.root / "run/porter-haproxy"

    def unit(self, name: str) -> Path:
        """The file of the unit `name`."""
        return self.units / name

    def environment(self, workload: str) -> Path:
        """The environment of what runs as `workload`, mode 0600: systemd reads it as root.

        `/run` is a tmpfs: `porter-environment.service` writes it again at every boot.
        """
        return self.root / f"run/porter/environment/{workload}.env"

    @property
    def credentials_key(self) -> Path:
        """What the workloads' tokens are derived from, mode 0600, gone with each boot."""
        return self.root / "run/porter/credentials/key"

    def token(self, workload: str) -> Path:
        """The variables by which what runs as `workload` finds AWS credentials, mode 0600."""
        return self.root / f"run/porter/credentials/{workload}.env"

    @property
    def held_secrets(self) -> Path:
        """Every secret this host holds, with its value, mode 0600, in memory.

        Read by `porter host secrets`, and by porterd, which must know what not to say.
        """
        return self.root / "run/porter/secrets/held.json"

    def secret(self, owner: str, name: str) -> Path:
        """The secret `name` of `owner` (a running workload) as a file, mode 0600, in memory."""
        return self.root / f"run/porter/secrets/{owner}/{name}"

    def credential(self, unit: str, name: str) -> Path:
        """Where `unit` finds its credential `name` (systemd.exec(5), `LoadCredential=`)."""
        return self.root / f"run/credentials/{unit}/{name}"

    def container(self, workload: str) -> Path:
        """The order for the attendant of the container `workload`, mode 0600."""
        return self.root / f"etc/porter/containers/{workload}.json"

    def idle(self, workload: str) -> Path:
        """There if a boot found that the other slot serves: then `workload` is not to start."""
        return self.root / f"run/porter/idle/{workload}"

    @property
    def docker(self) -> Path:
        """The configuration of Docker's daemon."""
        return self.root / "etc/docker/daemon.json"

    @property
    def images(self) -> Path:
        """A record of each image that was fetched, named by a digest of its reference."""
        return self.root / "var/lib/porter/images"

    def started(self, unit: str) -> Path:
        """The record of what `unit` was last started with."""
        return self.root / f"var/lib/porter/started/{unit}"

    def setup_record(self, step: str) -> Path:
        """The record of what the setup step `step` last did without failing."""
        return self.root / f"var/lib/porter/setup/{step}"

    def setup_log(self, step: str) -> Path:
        """What the setup step `step` printed when it last ran."""
        return self.root / f"var/log/porter/setup-{step}.log"

    def downloaded(self, name: str) -> Path:
        """A package on its way to being installed."""
        return self.root / "var/cache/porter" / name

    def package_record(self, name: str) -> Path:
        """The record of which package file `name` was installed from."""
        return self.root / "var/lib/porter/packages" / name

    def drop_in(self, unit: str) -> Path:
        """Porter's part of a unit that another package brings along."""
        return self.units / f"{unit}.d" / "60-porter.conf"

    @property
    def splunk(self) -> Path:
        """The Splunk universal forwarder's own folder."""
        return self.root / "opt/splunkforwarder"

    @property
    def cloudwatch(self) -> Path:
        """The CloudWatch agent's own folder."""
        return self.root / "opt/aws/amazon-cloudwatch-agent"

    @property
    def cloudwatch_json(self) -> Path:
        """What the CloudWatch agent is told; it works with a copy."""
        return self.root / "etc/porter/cloudwatch-agent.json"

    @property
    def updates_record(self) -> Path:
        """There once the security updates of the first boot are installed."""
        return self.root / "var/lib/porter/security-updates"

    @property
    def updates_pins(self) -> Path:
        """What keeps apt to security updates, in that one run."""
        return self.root / "etc/porter/security-updates.pref"

    def job(self, payload: AssetLocation, name: str) -> Path:
        """The folder that the job `name` is started in."""
        return self.payload(payload) / "jobs" / name

    def job_run(self, name: str) -> Path:
        """The run of the job `name` that this host has claimed, mode 0600."""
        return self.root / f"run/porter/jobs/{name}.json"

    def job_run_environment(self, name: str) -> Path:
        """What systemd adds to the environment of that run."""
        return self.root / f"run/porter/jobs/{name}.env"

    def job_ended(self, name: str) -> Path:
        """How the command of that run ended."""
        return self.root / f"run/porter/jobs/{name}.ended"

    def job_outcome(self, name: str) -> Path:
        """What came of the last run of the job `name` on this host."""
        return self.root / f"var/lib/porter/jobs/{name}.json"

    def zone(self, name: str) -> Path:
        """The file of the time zone `name` (tzfile(5))."""
        return self.root / "usr/share/zoneinfo" / name

    def bundle(self, asset: AssetLocation) -> Path:
        """The folder of porter itself, unpacked by the bootstrap."""
        return self.payloads / f"bundle-{asset.sha256[:12]}"

    @property
    def payloads(self) -> Path:
        """The folder of all payloads and bundles."""
        return self.root / "opt/porter"

    def payload(self, asset: AssetLocation) -> Path:
        """What the bootstrap unpacked: `host.json`, and the folders of workloads and setup."""
        return self.payloads / f"payload-{asset.sha256[:12]}"

    def workload(self, payload: AssetLocation, name: str) -> Path:
        """The folder that the workload `name` is started in."""
        return self.payload(payload) / "workloads" / name

    def setup(self, payload: AssetLocation, name: str) -> Path:
        """The folder that the setup step `name` is started in."""
        return self.payload(payload) / "setup" / name
