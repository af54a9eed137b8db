"""Renders a systemd unit, with the sandbox that every unit of porter lives in."""

from __future__ import annotations

from collections.abc import Sequence

HEADER = "# Written by `porter host apply`, which overwrites edits.\n"
"""The mark of every generated file; a unit that does not begin with it is not porter's."""

Lines = Sequence[str]

FILE_LIMIT = 65_536
"""Open files of one unit. HAProxy computes its maxconn from it: about half."""

ALWAYS_UP: Lines = (
    "Restart=always",
    "RestartSec=1",
)

SANDBOX: Lines = (
    "",
    "# A user that exists only while the unit runs, and a system it can only read.",
    "DynamicUser=yes",
    "UMask=0077",
    f"LimitNOFILE={FILE_LIMIT}",
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
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged",
    "# A refused call is an error the program can report, not a silent kill.",
    "SystemCallErrorNumber=EPERM",
)

NO_CAPABILITIES: Lines = ("CapabilityBoundingSet=", "PrivateUsers=yes")
NO_CODE_AT_RUN_TIME: Lines = ("MemoryDenyWriteExecute=yes",)


def unit_file(description: str, *, after: str = "", service: Lines) -> bytes:
    """A whole unit that starts at boot, once the network is up, and is restarted for ever."""
    lines = (
        "[Unit]",
        f"Description={description}",
        "Wants=network-online.target",
        f"After=network-online.target {after}".rstrip(),
        "# Never give up: what it waits for may come up later.",
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        *service,
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    )
    return (HEADER + "\n".join(lines) + "\n").encode()
