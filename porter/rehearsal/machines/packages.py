"""The packages of user data on machines of another distribution (ADR 0036)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from porter.rehearsal.machines.api import PYTHON, Launch

EQUIVALENTS: Mapping[str, str] = {
    r"ImageMagick": "imagemagick",
    r"bind-utils": "bind9-dnsutils",
    r"cronie": "cron",
    r"docker": "docker.io",
    r"gcc-c\+\+": "g++",
    r"httpd": "apache2",
    r"httpd-tools": "apache2-utils",
    r"java-\d+-amazon-corretto(-headless)?": "default-jre-headless",
    r"java-\d+-amazon-corretto-devel": "default-jdk-headless",
    r"libffi-devel": "libffi-dev",
    r"libpq-devel": "libpq-dev",
    r"mariadb\d+(-client-utils)?": "mariadb-client",
    r"mariadb\d+-server": "mariadb-server",
    r"nfs-utils": "nfs-common",
    r"nmap-ncat": "ncat",
    r"nodejs\d+": "nodejs",
    r"nodejs\d*-npm": "npm",
    r"openssl-devel": "libssl-dev",
    r"php\d\.\d(-cli)?": "php-cli",
    r"postgresql\d+": "postgresql-client",
    r"postgresql\d+-server": "postgresql",
    r"procps-ng": "procps",
    r"python3(\.\d+)?-devel": "python3-dev",
    r"python3\.\d+-pip": "python3-pip",
    r"redis6|valkey": "redis-server",
    r"ruby\d\.\d": "ruby",
    r"sqlite": "sqlite3",
    r"vim-enhanced": "vim",
    r"xz": "xz-utils",
    r"zlib-devel": "zlib1g-dev",
}
"""Packages of Debian by those of Amazon Linux 2023, whose names are regular expressions
(https://docs.aws.amazon.com/linux/al2023/release-notes/all-packages-AL2023.html). Names that both
have, such as `git`, are not here."""


def equivalent(package: str) -> str:
    """Return the name in Debian of a package of Amazon Linux; another name as it is."""
    found = (other for name, other in EQUIVALENTS.items() if re.fullmatch(name, package))
    return next(found, package)


def not_installed(launch: Launch) -> str:
    """Say for the report which packages of `launch` a played machine lacks; else nothing."""
    names = ", ".join(launch.other_packages)
    return f"packages: not installed here, this computer's programs stand in: {names}" * bool(names)


def on_debian(launch: Launch, python: str) -> tuple[Launch, list[str]]:
    """Return `launch` with the packages of Debian, and lines for the report about the others.

    `python` is the image's, `python3.11` say, which is there already: it plays every version.
    """
    lines, names = [], []
    for name in launch.packages:
        if PYTHON.fullmatch(name):
            if name != python:
                here = f"python3 is {python} here, and {name}"
                lines.append(f"{here} on hosts that have this package")
        elif (other := equivalent(name)) != name:
            lines.append(f"packages: {other} is installed here for {name}")
            names.append(other)
        else:
            names.append(name)
    if not lines:
        return launch, []
    header, _, body = launch.user_data.partition(b"\n")
    config = {**json.loads(body), "packages": list(dict.fromkeys(names))}
    return replace(launch, user_data=header + b"\n" + json.dumps(config).encode()), lines
