"""Stand in for `docker` when the cdk CLI builds and pushes images.

`python -m porter.rehearsal.cloud.docker ARGUMENTS...` runs the real program, `PORTER_DOCKER`. It
replaces ECR's host in image names by the address in `AWS_ENDPOINT_URL`, the embedded registry on
loopback, to which Docker speaks plain HTTP. So a rehearsal pushes to no real registry.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from porter.errors import PorterError

PROGRAM = "PORTER_DOCKER"
"""The variable that names the real one."""

_ECR = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/")

_BUILT = re.compile(r"^cdkasset-")
"""How the CLI calls what it has built; what has such a name already is not built again."""


def stand_in(folder: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Write the program into `folder`; what the CLI's environment holds for it to be found.

    `base` is the user's environment: his choice of another program, and Docker's configuration
    (`~/.docker`: which daemon, and what builds), are kept. No login gets as far as that.
    """
    program = folder / "docker"
    words = [sys.executable, "-P", "-m", "porter.rehearsal.cloud.docker"]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', "utf-8")
    program.chmod(0o700)
    home = base.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - Path.home may raise
    return {
        "CDK_DOCKER": str(program),
        # By default one in the real home, whatever HOME is: with it the CLI logs in by itself.
        "CDK_DOCKER_CREDS_FILE": str(folder / "no-docker-credentials"),
        PROGRAM: _chosen(base),
        "DOCKER_CONFIG": base.get("DOCKER_CONFIG") or str(Path(home, ".docker")),
    }


def require(base: Mapping[str, str]) -> None:
    """Raise `PorterError` where `base`, the user's environment, has no Docker."""
    program = _chosen(base)
    if shutil.which(program, path=base.get("PATH")) is None:
        raise PorterError(
            f"{program} is not here: it builds the images of Container.from_asset",
            where="docker",
            cure="install it, or name another program by CDK_DOCKER",
        )


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit code of `docker ARGUMENTS` in `environment`."""
    program = environment[PROGRAM]
    verb = arguments[0] if arguments else ""
    # A deployment must not take it for its own: that may be for another processor.
    arguments = [_BUILT.sub("porter-rehearsal-", argument) for argument in arguments]
    if verb == "login":
        sys.stdin.buffer.read()  # the password; the embedded ECR asks for none
        return 0
    if verb == "build":
        arguments = _without(("--platform", "--cache-to"), arguments)
    if verb in ("tag", "push"):
        registry = f"127.0.0.1:{urlsplit(environment['AWS_ENDPOINT_URL']).port}/"
        arguments = [_ECR.sub(registry, argument) for argument in arguments]
        if verb == "push" and not arguments[-1].startswith(registry):
            sys.stderr.write(f"porter: a rehearsal pushes to no real registry: {arguments[-1]}\n")
            return 1
    code = subprocess.run([program, *arguments], check=False).returncode
    if verb == "push":  # a name with this rehearsal's port, which nobody needs again
        subprocess.run([program, "rmi", arguments[-1]], check=False, capture_output=True)
    return code


def _without(options: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """`arguments` without `options` and their values.

    The hosts are machines of this one's kind, whatever they are in AWS; and a cache that is written
    is in a registry.
    """
    kept = list(arguments)
    for option in options:
        while option in kept:
            at = kept.index(option)
            del kept[at : at + 2]
    return kept


def _chosen(base: Mapping[str, str]) -> str:
    return base.get("CDK_DOCKER") or "docker"


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], os.environ))
