"""Where everything is on a host: the only place that spells a path (ADR 0004)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.spec import AssetLocation

PORTERD_UNIT = "porterd.service"
STOCK_HAPROXY_UNIT = "haproxy.service"
"""The unit of the distribution's own package; porter's takes its place."""


@dataclass(frozen=True, slots=True)
class Layout:
    """All paths below `root`: `/` on a host, any other folder where a host is only played."""

    root: Path = Path("/")

    def __post_init__(self) -> None:
        if not self.root.is_absolute() or any(character < " " for character in str(self.root)):
            raise PorterError(f"must be an absolute path, got {str(self.root)!r}", where="--root")

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
    def haproxy_program(self) -> Path:
        """Where Amazon Linux, Debian and Ubuntu install HAProxy."""
        return self.root / "usr/sbin/haproxy"

    def unit(self, name: str) -> Path:
        """The file of the unit `name`."""
        return self.units / name

    def environment(self, workload: str) -> Path:
        """The environment of `workload`, mode 0600: systemd reads it as root."""
        return self.root / f"etc/porter/workloads/{workload}.env"

    def started(self, unit: str) -> Path:
        """The record of what `unit` was last started with."""
        return self.root / f"var/lib/porter/started/{unit}"

    def bundle(self, asset: AssetLocation) -> Path:
        """The folder of porter itself, unpacked by the bootstrap."""
        return self.root / f"opt/porter/bundle-{asset.sha256[:12]}"

    def payload(self, asset: AssetLocation) -> Path:
        """The folder of the service, unpacked by the bootstrap: `host.json` and `workloads/`."""
        return self.root / f"opt/porter/payload-{asset.sha256[:12]}"

    def workload(self, payload: AssetLocation, name: str) -> Path:
        """The folder that the workload `name` is started in."""
        return self.payload(payload) / "workloads" / name
