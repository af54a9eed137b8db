"""A container, its image as Docker describes it, and a vault that has its secret."""

from __future__ import annotations

from porter.host.vault import Vault
from porter.spec import ContainerWorkload, Image, Secret

IMAGE = Image(source="tarball", reference=f"sha256:{'c' * 64}")
WEB = ContainerWorkload(name="web", image=IMAGE, port=8000, environment={"GREETING": "hello"})
INSPECTED = {"Id": "sha256:1", "Config": {"ExposedPorts": {"8080/tcp": {}}}}
KEY = Secret(store="secretsmanager", id="key")
VALUE = "first line\nsecond line\n"


class Filled(Vault):
    """A vault that has the key."""

    def __init__(self) -> None:
        super().__init__()
        self._values = {KEY: VALUE}
