"""Renders a systemd unit, with the sandbox that every unit of porter lives in."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from porter.host.core import quoting
from porter.spec import Text

HEADER = "# Written by `porter host apply`, which overwrites edits.\n"
"""The mark of every generated file; a unit that does not begin with it is not porter's."""

Lines = Sequence[str]

FILE_LIMIT = 65_536
"""Open files of one unit. HAProxy computes its maxconn from it: about half."""

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
    "# A system that it can only read, and little of that.",
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
NO_METADATA: Lines = (
    "# Whoever reaches the instance metadata service can act with the host's own role.",
    "IPAddressDeny=169.254.169.254 fd00:ec2::254",
)
NO_NETWORK: Lines = ("PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "IPAddressDeny=any")
NO_CAPABILITIES: Lines = ("CapabilityBoundingSet=", "PrivateUsers=yes")
NO_CODE_AT_RUN_TIME: Lines = ("MemoryDenyWriteExecute=yes",)


def exec_start(command: Sequence[Text], folder: PurePath) -> str:
    """The line that starts `command`: a bare name is looked up, any other path is absolute.

    Relative ones are meant from `folder`.
    """
    program, *arguments = (str(argument) for argument in command)
    if "/" in program:
        program = os.path.normpath(folder / program)
    return f"ExecStart={quoting.command_line([program, *arguments])}"


def load_credentials(files: Iterable[PurePath]) -> Lines:
    """Systemd hands copies of root's `files` to the unit's own user, each by its name."""
    return [f"LoadCredential={file.name}:{quoting.path(file)}" for file in files]


def unit_file(
    description: str, *, order: Lines = ONLINE, service: Lines, at_boot: bool = True
) -> bytes:
    """A whole unit that never gives up, starts once the network is up, and `at_boot` by itself."""
    install = ("", "[Install]", "WantedBy=multi-user.target") if at_boot else ()
    lines = (
        "[Unit]",
        f"Description={description}",
        *order,
        "# Never give up: what it waits for may come up later.",
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        *service,
        *install,
    )
    return (HEADER + "\n".join(lines) + "\n").encode()
