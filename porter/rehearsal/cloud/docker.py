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

from porter.aws.registry import ECR
from porter.errors import PorterError
from porter.home import home

PROGRAM = "PORTER_DOCKER"
"""The variable that names the real program."""

_BUILT = re.compile(r"^cdkasset-")
"""How the CLI names the images it builds; it skips an image whose name exists already."""


def stand_in(folder: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Write the program into `folder`; return the CLI's variables that make it use this program.

    `base` is the user's environment. Another program chosen there, and Docker's configuration
    (`~/.docker`: daemon, builder) stay in effect. Log-ins never reach that configuration.
    """
    program = folder / "docker"
    words = [sys.executable, "-P", "-m", "porter.rehearsal.cloud.docker"]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', "utf-8")
    program.chmod(0o700)
    return {
        "CDK_DOCKER": str(program),
        # The default is in the real home, whatever HOME is, and makes the CLI log in by itself.
        "CDK_DOCKER_CREDS_FILE": str(folder / "no-docker-credentials"),
        PROGRAM: _chosen(base),
        "DOCKER_CONFIG": base.get("DOCKER_CONFIG") or str(home(base) / ".docker"),
    }


def require(base: Mapping[str, str]) -> None:
    """Raise `PorterError` where `base`, the user's environment, has no Docker."""
    program = _chosen(base)
    if shutil.which(program, path=base.get("PATH")) is None:
        raise PorterError(
            f"{program} is not installed: it builds the images of Container.from_asset",
            where="docker",
            cure="install it, or set CDK_DOCKER to another program",
        )


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run `docker ARGUMENTS` in `environment`; return the exit code."""
    program = environment[PROGRAM]
    verb = arguments[0] if arguments else ""
    # Another name, because a real deployment would reuse an image built for this processor.
    arguments = [_BUILT.sub("porter-rehearsal-", argument) for argument in arguments]
    if verb == "login":
        sys.stdin.buffer.read()  # the password, which the embedded ECR does not check
        return 0
    if verb == "build":
        arguments = _without(("--platform", "--cache-to"), arguments)
    if verb in ("tag", "push"):
        registry = f"127.0.0.1:{urlsplit(environment['AWS_ENDPOINT_URL']).port}/"
        arguments = [_moved(argument, registry) for argument in arguments]
        if verb == "push" and not arguments[-1].startswith(registry):
            sys.stderr.write(
                f"porter: a rehearsal never pushes to a real registry: {arguments[-1]}\n"
            )
            return 1
    code = subprocess.run([program, *arguments], check=False).returncode
    if verb == "push":  # its name holds this rehearsal's port
        subprocess.run([program, "rmi", arguments[-1]], check=False, capture_output=True)
    return code


def _moved(argument: str, registry: str) -> str:
    """Return `argument`, an image of ECR, as an image of `registry`; others stay."""
    place = ECR.match(argument)
    return registry + argument[place.end() :] if place else argument


def _without(options: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """Return `arguments` without `options` and their values.

    `--platform`: the hosts have this computer's processor, not AWS's. `--cache-to`: it may write to
    a registry.
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
