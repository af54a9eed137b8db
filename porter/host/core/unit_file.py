"""Render a systemd unit, and the sandbox that every unit of porter has."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from porter.host.core import quoting
from porter.host.core.layout import Layout
from porter.spec import Text

HEADER = "# Written by `porter host apply`, which overwrites edits.\n"
"""The first line of every generated file; porter removes no unit without it."""

Lines = Sequence[str]

FILE_LIMIT = 65_536
"""Open files of one unit. HAProxy sets its maxconn to about half of it."""

ONLINE: Lines = ("Wants=network-online.target", "After=network-online.target")

ALWAYS_UP: Lines = (
    "Restart=always",
    "RestartSec=1",
)

OWN_USER: Lines = (
    "",
    "# A user that exists only while the unit runs.",
    "DynamicUser=yes",
    "# A connection is a file, and the usual 1024 are soon used up.",
    f"LimitNOFILE={FILE_LIMIT}",
)

SANDBOX: Lines = (
    "",
    "# A read-only system, of which little is visible.",
    "UMask=0077",
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "ProtectProc=invisible",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "LockPersonality=yes",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged",
    "# A refused call is an error the program can report, not a silent kill.",
    "SystemCallErrorNumber=EPERM",
)

NETWORK: Lines = ("RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",)
USERS_NETWORK: Lines = (
    "# getifaddrs(3), which lists the network interfaces, asks the kernel by netlink.",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX",
)
NO_METADATA: Lines = (
    "# A process that reaches the instance metadata service can use the host's role.",
    "IPAddressDeny=169.254.169.254 fd00:ec2::254",
)
NO_NETWORK: Lines = ("PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "IPAddressDeny=any")
NO_CAPABILITIES: Lines = ("CapabilityBoundingSet=", "PrivateUsers=yes")
NO_CODE_AT_RUN_TIME: Lines = ("MemoryDenyWriteExecute=yes",)


def exec_start(command: Sequence[Text], folder: PurePath, layout: Layout) -> str:
    """Return the `ExecStart=` line of `command`; systemd looks up a bare name.

    systemd does so in folders of its own, whatever PATH is (systemd.service(5)), so `python3` is
    written out. A relative path, which systemd does not take, is resolved from `folder`.
    """
    program, *arguments = (str(argument) for argument in command)
    if program == layout.python.name:
        program = str(layout.python)
    if "/" in program:
        program = os.path.normpath(folder / program)
    return f"ExecStart={quoting.command_line([program, *arguments])}"


def variable_lines(variables: Mapping[str, str]) -> Lines:
    """Return the lines that set `variables`."""
    return [f"Environment={quoting.word(f'{name}={value}')}" for name, value in variables.items()]


def load_credentials(files: Iterable[PurePath]) -> Lines:
    """Return the lines that give the unit's user copies of root's `files`, each by its name."""
    return [f"LoadCredential={file.name}:{quoting.path(file)}" for file in files]


def unit_file(
    description: str, *, order: Lines = ONLINE, service: Lines, at_boot: bool = True
) -> bytes:
    """Render a whole unit without a start limit; `at_boot` has systemd start it at boot."""
    install = ("", "[Install]", "WantedBy=multi-user.target") if at_boot else ()
    lines = (
        "[Unit]",
        f"Description={description}",
        *order,
        "# Restart without a limit: what the unit needs may come up later.",
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        *service,
        *install,
    )
    return (HEADER + "\n".join(lines) + "\n").encode()
