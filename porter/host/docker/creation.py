"""The request that creates a container, as strict as the order allows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from porter.errors import PorterError
from porter.host.docker.order import NETWORK, Order
from porter.spec import SECRETS_FOLDER

UNPRIVILEGED = "10000:10000"
"""User and group if the image names none, or root; no distribution assigns these ids."""

LABEL = "porter.order"
"""The label with a digest of the request that created the container."""

AUTHORITIES = "AWS_CA_BUNDLE"
"""The variable with the file of certificate authorities for AWS's endpoints."""

_AUTHORITIES_INSIDE = "/etc/porter/authorities.pem"
_ROOT = ("", "0", "root")
_MEGABYTE = 1024 * 1024


def creation(  # noqa: PLR0913 - all that a container is made of
    order: Order,
    image: Mapping[str, Any],
    environment: Mapping[str, str],
    most_files: int,
    *,
    secrets: Sequence[Path] = (),
    authorities: Path | None = None,
) -> dict[str, Any]:
    """Return the body of `POST /containers/create` for `order`, whose `image` was inspected.

    `most_files` is this host's limit of open files. The files `secrets` and `authorities`
    (certificates for AWS's endpoints) are mounted read-only. Raises `PorterError` if neither the
    order nor the image says which port the container listens on.
    """
    container = order.container
    config = image.get("Config") or {}
    port = _port(order, config)
    ports = f"{port}/tcp"
    variables = {**environment, **({"PORT": str(port)} if port else {})}
    mounts = [_mount(file, f"{SECRETS_FOLDER}/{file.name}") for file in secrets]
    if authorities and authorities.is_file() and AUTHORITIES not in variables:
        variables[AUTHORITIES] = _AUTHORITIES_INSIDE
        mounts.append(_mount(authorities, _AUTHORITIES_INSIDE))
    user = container.user or _unprivileged(str(config.get("User") or ""))
    user = "0:0" if user == "root" else user  # an image may lack that name
    files = min(container.open_files, most_files)
    body: dict[str, Any] = {
        "Image": image["Id"],
        "User": user,
        "Env": [f"{name}={value}" for name, value in sorted(variables.items())],
        "ExposedPorts": {ports: {}} if port else {},
        "HostConfig": {
            "NetworkMode": NETWORK,
            "PortBindings": (
                {ports: [{"HostIp": "127.0.0.1", "HostPort": str(container.port)}]} if port else {}
            ),
            "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": container.restarts},
            "ReadonlyRootfs": container.read_only,
            "Tmpfs": dict.fromkeys(container.tmpfs, _tmpfs(user)),
            "CapDrop": ["ALL"],
            "CapAdd": list(container.capabilities),
            # The daemon's default is no-new-privileges; the order may allow them.
            "SecurityOpt": [f"no-new-privileges={str(not container.new_privileges).lower()}"],
            "PidsLimit": container.pids_limit,
            "Ulimits": [{"Name": "nofile", "Soft": files, "Hard": files}],
        },
    }
    if container.restarts == 0:
        body["HostConfig"]["RestartPolicy"] = {"Name": "no"}
    if container.memory_mb:
        # No swap: a container above its limit is killed instead of slow.
        body["HostConfig"]["Memory"] = container.memory_mb * _MEGABYTE
        body["HostConfig"]["MemorySwap"] = container.memory_mb * _MEGABYTE
    if mounts:
        body["HostConfig"]["Mounts"] = mounts
    if container.command:
        body["Cmd"] = [str(argument) for argument in container.command]
    content = json.dumps([order.unit, body], sort_keys=True)
    body["Labels"] = {LABEL: hashlib.sha256(content.encode()).hexdigest()}
    return body


def _port(order: Order, config: Mapping[str, Any]) -> int | None:
    """Return the container's port; None for a worker."""
    container = order.container
    if container.port is None:
        return None
    if container.container_port:
        return container.container_port
    exposed = sorted(str(name) for name in config.get("ExposedPorts") or {})
    ports = [name.split("/")[0] for name in exposed if name.endswith("/tcp") or "/" not in name]
    if len(ports) != 1:
        found = f"exposes {', '.join(ports)}" if ports else "exposes none"
        raise PorterError(
            f"which port the container listens on is unknown: its image {found}",
            where=container.name,
            cure="set Container(port=...), or EXPOSE one port in the image",
        )
    return int(ports[0])


def _mount(file: Path, target: str) -> dict[str, Any]:
    """Mount the file, not its folder: the container reads this version until it ends."""
    return {"Type": "bind", "Source": str(file), "Target": target, "ReadOnly": True}


def _tmpfs(user: str) -> str:
    """Return the options of a tmpfs; a folder in the image sets the mode of its mount."""
    ids = [part for part in user.split(":") if part.isdigit()]
    owner = [f"{name}={number}" for name, number in zip(("uid", "gid"), ids, strict=False)]
    return ",".join(("rw,nosuid,nodev,size=64m,mode=1777", *owner))


def _unprivileged(user: str) -> str:
    """Return the image's `user`, or an unprivileged one instead of root."""
    return UNPRIVILEGED if user.partition(":")[0] in _ROOT else user
