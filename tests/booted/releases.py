"""Newer payloads for a running host: uploaded, then applied by `porter host apply`."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from typing import Any

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from tests.booted.tiny_image import TinyImage
from tests.harness.staying import Staying

APPLY_SECONDS = 200.0
"""A limit for an apply that installs Docker and fetches an image while other tests run."""


class Releases:
    """Payloads for the host `there`, which may read the bucket with `releases` in its name."""

    def __init__(self, there: Staying) -> None:
        self._there = there
        self._spec = there.run("sh", "-c", "cat /opt/porter/payload-*/host.json")
        self._s3 = clients(Environment(), there.endpoint)["s3"]
        names = [bucket["Name"] for bucket in self._s3.list_buckets()["Buckets"]]
        (self._bucket,) = [name for name in names if "releases" in name]

    def process(self, files: Mapping[str, bytes]) -> tuple[str, ...]:
        """Use the original service, with these files."""
        return self._put(self._spec, files)

    def container(self, image: TinyImage, **changes: Any) -> tuple[str, ...]:
        """Use a container of `image` in place of the service."""
        spec = json.loads(self._spec)
        (web,) = spec["workloads"]
        given = {"source": "tarball", "reference": image.id}
        spec["workloads"] = [
            {
                "kind": "container",
                "name": web["name"],
                "image": given,
                "port": web["port"],
                "stop_seconds": 1,  # its program ignores SIGTERM
                **changes,
            }
        ]
        return self._put(json.dumps(spec), {"image.tar": image.saved()})

    def taken_up(self, options: tuple[str, ...]) -> str:
        """Run `porter host apply`, which must succeed; return its output."""
        return self._there.run("porter", "host", "apply", *options, seconds=APPLY_SECONDS)

    def refused(self, options: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        """Run an apply that must fail. The last line of its output is its end, in epoch seconds."""
        script = 'porter host apply "$@"; code=$?; date +%s.%N; exit $code'
        words = ("shell", "--", "sh", "-c", script, "sh", *options)
        done = self._there.porter(*words, seconds=APPLY_SECONDS)
        assert done.returncode == 1, done
        return done

    def _put(self, spec: str, files: Mapping[str, bytes]) -> tuple[str, ...]:
        """Pack and upload a payload; return the options of `porter host apply`."""
        packed = {f"workloads/web/{name}": content for name, content in files.items()}
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:xz") as archive:
            for name, held in {"host.json": spec.encode(), **packed}.items():
                member = tarfile.TarInfo(name)
                member.size, member.mode = len(held), 0o644
                archive.addfile(member, io.BytesIO(held))
        digest = hashlib.sha256(content.getvalue()).hexdigest()
        key = f"web/{digest}.tar.xz"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content.getvalue())
        return ("--payload", f"s3://{self._bucket}/{key}", "--sha256", digest)
