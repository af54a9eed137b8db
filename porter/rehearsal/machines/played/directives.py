"""List the systemd directives that are followed and those that are ignored; others fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from porter.rehearsal.machines.played import values


@dataclass(frozen=True)
class Directive:
    """A directive that is followed: the field of `Unit` that it sets, and how to parse its value.

    `collects`: further assignments add to the field, and an empty one clears it. `spreads`: one
    assignment may hold several values.
    """

    field: str
    read: Callable[[str], Any]
    collects: bool = False
    spreads: bool = False


FOLLOWED = {
    "Unit": {
        "Description": Directive("description", str),
        "Wants": Directive("wants", values.names, collects=True, spreads=True),
        "JoinsNamespaceOf": Directive("joins", str),
        "ConditionPathExists": Directive("conditions", values.path_exists, collects=True),
        "StartLimitIntervalSec": Directive("start_limit_interval", values.seconds),
        "StartLimitBurst": Directive("start_limit_burst", int),
    },
    "Service": {
        "Type": Directive("type", values.one_of("simple", "exec", "notify", "oneshot")),
        "RemainAfterExit": Directive("remain_after_exit", values.yes_or_no),
        "ExecStartPre": Directive("exec_start_pre", values.command, collects=True),
        "ExecStart": Directive("exec_start", values.command, collects=True),
        "ExecReload": Directive("exec_reload", values.command, collects=True),
        "Environment": Directive("environment", values.assignments, collects=True, spreads=True),
        "EnvironmentFile": Directive("environment_files", values.optional_path, collects=True),
        "WorkingDirectory": Directive("working_directory", values.absolute),
        "Restart": Directive("restart", values.one_of("no", "on-failure", "always")),
        "RestartSec": Directive("restart_seconds", values.seconds),
        "LimitNOFILE": Directive("limit_nofile", values.limit),
        "TimeoutStartSec": Directive("timeout_start", values.seconds),
        "TimeoutStopSec": Directive("timeout_stop", values.seconds),
        "KillSignal": Directive("kill_signal", values.signal_number),
        "KillMode": Directive("kill_mode", values.one_of("control-group", "mixed")),
        "RuntimeDirectory": Directive(
            "runtime_directories", values.names, collects=True, spreads=True
        ),
        "RuntimeDirectoryMode": Directive("runtime_mode", values.mode),
        "RuntimeDirectoryPreserve": Directive(
            "runtime_preserve", values.one_of("no", "yes", "restart")
        ),
        "StateDirectory": Directive("state_directories", values.names, collects=True, spreads=True),
        "StateDirectoryMode": Directive("state_mode", values.mode),
        "CacheDirectory": Directive("cache_directories", values.names, collects=True, spreads=True),
        "LogsDirectory": Directive("logs_directories", values.names, collects=True, spreads=True),
        "LogsDirectoryMode": Directive("logs_mode", values.mode),
        "LoadCredential": Directive("credentials", values.credential, collects=True),
        "UMask": Directive("umask", values.mode),
        "DynamicUser": Directive("dynamic_user", values.yes_or_no),
        "ProtectSystem": Directive("protect_system", values.one_of("strict")),
        "PrivateTmp": Directive("private_tmp", values.yes_or_no),
    },
    "Path": {
        "PathExists": Directive("path_exists", values.absolute),
        "Unit": Directive("activates", str),
    },
    "Install": {"WantedBy": Directive("wanted_by", values.names, collects=True, spreads=True)},
}
"""By section and name."""

_USERS = "a machine without privileges has one user"
_SANDBOX = "of the sandbox, only ProtectSystem and PrivateTmp are played"
_CONTROL_GROUPS = "control groups need privileges"

IGNORED = {
    "After": "units start in the order of the requests",
    "Before": "units start in the order of the requests",
    "ExecStop": "played machines do not shut down",
    "Documentation": "played machines show no documentation",
    "LogLevelMax": "every unit has its own log",
    "NotifyAccess": "every process of the unit may notify",
    "StandardOutput": "both streams go to the unit's log",
    "StandardError": "both streams go to the unit's log",
    "RuntimeMaxSec": "run times are not limited",
    "WatchdogSec": "nothing watches a service that hangs",
    "WatchdogSignal": "nothing watches a service that hangs",
    "SyslogLevel": "every unit has its own log",
    "SyslogIdentifier": "every unit has its own log",
    **dict.fromkeys(("User", "Group", "SupplementaryGroups"), _USERS),
    **dict.fromkeys(("CapabilityBoundingSet", "AmbientCapabilities", "NoNewPrivileges"), _USERS),
    **dict.fromkeys(
        (
            *("ProtectHome", "ProtectClock", "ProtectControlGroups"),
            *("ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules"),
            *("ProtectKernelTunables", "ProtectProc", "ProcSubset", "PrivateDevices"),
            *("PrivateUsers", "PrivateMounts", "PrivateIPC", "PrivateNetwork", "ReadWritePaths"),
            *("ReadOnlyPaths", "InaccessiblePaths", "BindReadOnlyPaths", "TemporaryFileSystem"),
            *("RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime"),
            *("RestrictSUIDSGID", "SystemCallArchitectures", "SystemCallFilter"),
            *("SystemCallErrorNumber", "LockPersonality", "MemoryDenyWriteExecute", "RemoveIPC"),
            *("KeyringMode", "DevicePolicy"),
        ),
        _SANDBOX,
    ),
    **dict.fromkeys(
        ("TasksMax", "MemoryMax", "MemoryHigh", "CPUQuota", "OOMPolicy"), _CONTROL_GROUPS
    ),
    **dict.fromkeys(
        ("IPAddressAllow", "IPAddressDeny", "SocketBindAllow", "SocketBindDeny"), _CONTROL_GROUPS
    ),
}
"""Directives that have no effect on a played machine, each with the reason."""
