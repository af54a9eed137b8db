"""The paths on a host that several features use; a feature spells its own paths itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath

from porter.errors import PorterError
from porter.spec import DRAIN_FILE, DRAIN_STEPS, RESTART_FILE, AssetLocation

ADDRESS_UNIT = "porterd-address.service"
PORTERD_UNIT = "porterd.service"
ENVIRONMENT_UNIT = "porter-environment.service"
JOURNALD_UNIT = "systemd-journald.service"


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below `root`: `/` on a host, any other folder for a played host."""

    root: PurePath = Path("/")

    def __post_init__(self) -> None:
        if not self.root.is_absolute() or any(character < " " for character in str(self.root)):
            raise PorterError(f"must be an absolute path, got {str(self.root)!r}", where="--root")

    @property
    def is_machine(self) -> bool:
        """Whether the root is `/`: the machine itself, not a played host."""
        return self.root == PurePath("/")

    @property
    def deployment(self) -> PurePath:
        """The `Deployment`, written by cloud-init, mode 0600."""
        return self.root / "etc/porter/deployment.json"

    @property
    def host(self) -> PurePath:
        """The resolved `HostSpec`, mode 0600: environments may hold secrets."""
        return self.root / "etc/porter/host.json"

    @property
    def haproxy_cfg(self) -> PurePath:
        """HAProxy's configuration."""
        return self.root / "etc/porter/haproxy.cfg"

    @property
    def certificate(self) -> PurePath:
        """HAProxy's certificate and its key, mode 0600, in memory."""
        return self.root / "run/porter/haproxy.pem"

    @property
    def units(self) -> PurePath:
        """The folder of the units that porter generates."""
        return self.root / "etc/systemd/system"

    @property
    def lock(self) -> PurePath:
        """The lock that a running `porter host apply` holds."""
        return self.root / "run/porter/apply.lock"

    @property
    def drain(self) -> PurePath:
        """The file that porterd writes once this host is to end: an `Ending`."""
        return self.root / "run/porterd" / DRAIN_FILE

    @property
    def drain_steps(self) -> PurePath:
        """The file to which drains append what they do."""
        return self.root / "run" / DRAIN_STEPS

    @property
    def left_to_shut_down(self) -> PurePath:
        """The file with the ARNs of the target groups that this host left in a shutdown."""
        return self.root / "var/lib/porter/shutdown/left"

    @property
    def restart(self) -> PurePath:
        """The file in which porterd names programs that are to be restarted."""
        return self.root / "run/porterd" / RESTART_FILE

    @property
    def programs(self) -> tuple[PurePath, ...]:
        """Where programs are looked up, in this order."""
        folders = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin")
        return tuple(self.root / folder for folder in folders)

    @property
    def python(self) -> PurePath:
        """Starts porter's Python; the `python3` of the user's programs."""
        return self.payloads / "bin/python3"

    @property
    def path(self) -> str:
        """The PATH of the user's programs: porter's Python, then systemd's own folders."""
        folders = (self.python.parent, *self.programs, *Layout().programs)
        return ":".join(dict.fromkeys(map(str, folders)))

    @property
    def apply_log(self) -> PurePath:
        """The log of every `porter host apply`, and of errors of `boot.py`."""
        return self.root / "var/log/porter/apply.log"

    def unit(self, name: str) -> PurePath:
        """The file of the unit `name`."""
        return self.units / name

    def environment(self, workload: str) -> PurePath:
        """The environment file of `workload` (a running name), mode 0600: systemd reads it as root.

        `/run` is a tmpfs, so `porter-environment.service` writes the file again at every boot.
        """
        return self.root / f"run/porter/environment/{workload}.env"

    @property
    def credentials_key(self) -> PurePath:
        """The key that all tokens are derived from, mode 0600; each boot makes a new one."""
        return self.root / "run/porter/credentials/key"

    def token(self, workload: str) -> PurePath:
        """The variables that lead `workload` (a running name) to AWS credentials, mode 0600."""
        return self.root / f"run/porter/credentials/{workload}.env"

    @property
    def held_secrets(self) -> PurePath:
        """Every secret of this host with its value, mode 0600, in memory.

        `porter host secrets` prints it; porterd redacts these values from what it reports.
        """
        return self.root / "run/porter/secrets/held.json"

    def secret(self, owner: str, name: str) -> PurePath:
        """The file of the secret `name` of `owner` (a running name), mode 0600, in memory."""
        return self.root / f"run/porter/secrets/{owner}/{name}"

    def credential(self, unit: str, name: str) -> PurePath:
        """Where `unit` finds its credential `name` (systemd.exec(5), `LoadCredential=`)."""
        return self.root / f"run/credentials/{unit}/{name}"

    @property
    def job_outcomes(self) -> PurePath:
        """The folder with the outcome of each job's last run on this host."""
        return self.root / "var/lib/porter/jobs"

    def started(self, unit: str) -> PurePath:
        """The record of what `unit` was last started with."""
        return self.root / f"var/lib/porter/started/{unit}"

    def bundle(self, asset: AssetLocation) -> PurePath:
        """The folder of porter itself, which the bootstrap unpacked."""
        return self.payloads / f"bundle-{asset.sha256[:12]}"

    @property
    def payloads(self) -> PurePath:
        """The folder of all payloads and bundles, and of `bin`."""
        return self.root / "opt/porter"

    def payload(self, asset: AssetLocation) -> PurePath:
        """The folder of a payload: `host.json`, and folders of programs, jobs and setup steps."""
        return self.payloads / f"payload-{asset.sha256[:12]}"

    def workload(self, payload: AssetLocation, name: str) -> PurePath:
        """The working directory of the workload `name`."""
        return self.payload(payload) / "workloads" / name
