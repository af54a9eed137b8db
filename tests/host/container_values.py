"""A container, its image as Docker describes it, and its secret."""

from __future__ import annotations

from porter.spec import ContainerWorkload, Image, Secret

IMAGE = Image(source="tarball", reference=f"sha256:{'c' * 64}")
WEB = ContainerWorkload(name="web", image=IMAGE, port=8000, environment={"GREETING": "hello"})
INSPECTED = {"Id": "sha256:1", "Config": {"ExposedPorts": {"8080/tcp": {}}}}
KEY = Secret(store="secretsmanager", id="key")
VALUE = "first line\nsecond line\n"
