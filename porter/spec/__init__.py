"""The contract between synthesis and host: frozen dataclasses, standard library only.

`porter_cdk` builds a `HostSpec` and a `Deployment`. A `HostSpec` is static; it travels as
`host.json` in the payload. A `Deployment` holds what only CloudFormation knows; it travels in the
user data. Where a static string depends on a deployed one, the spec holds a `DeployTime(index)`,
which points into `Deployment.values`; the host calls `resolve` to replace it. Both ends import
these types from here, and a host checks `SCHEMA`, so the two ends cannot disagree unnoticed.
"""

from porter.errors import SpecError
from porter.spec.cloudwatch import METRICS, CloudWatch
from porter.spec.codec import decode, dumps, loads
from porter.spec.container import CONTAINERS_HOST, SECRETS_FOLDER, ContainerWorkload, Image
from porter.spec.credentials import CREDENTIALS_PATH, workload_token
from porter.spec.deployment import AssetLocation, Deployment, DeployTime, Text
from porter.spec.health import Check, HealthCheck
from porter.spec.host import HostSpec, Porterd, gate_seconds
from porter.spec.http import Http, Timeouts
from porter.spec.job import OUTCOMES_VARIABLE, Job, job_owner
from porter.spec.json_field import field_of
from porter.spec.lifecycle import (
    DRAIN_FILE,
    DRAIN_HEARTBEAT_SECONDS,
    DRAIN_HOOK,
    DRAIN_STEPS,
    LAUNCH_HOOK,
    RESTART_FILE,
    STOPPED_STATES,
    Ending,
    launch_hook_seconds,
)
from porter.spec.log_source import Containers, Files, HaproxyLog, Journal, LogSource
from porter.spec.package import Package
from porter.spec.proxy import HTTP_PORT, HTTPS_PORT, STATISTICS_VARIABLE, Proxy, Slot
from porter.spec.resolve import map_ports, ports_of, resolve
from porter.spec.schema import SCHEMA
from porter.spec.secret import Encrypted, Secret, Store
from porter.spec.setup import SetupStep
from porter.spec.splunk import Splunk
from porter.spec.tls import Tls, TlsVersion
from porter.spec.unit import (
    HAPROXY_UNIT,
    UNITS_OF_JOBS,
    check_unit,
    job_timer,
    job_unit,
    lease_unit,
    workload_unit,
)
from porter.spec.workload import ProcessWorkload, Workload, check_of

__all__ = [
    "CONTAINERS_HOST",
    "CREDENTIALS_PATH",
    "DRAIN_FILE",
    "DRAIN_HEARTBEAT_SECONDS",
    "DRAIN_HOOK",
    "DRAIN_STEPS",
    "HAPROXY_UNIT",
    "HTTPS_PORT",
    "HTTP_PORT",
    "LAUNCH_HOOK",
    "METRICS",
    "OUTCOMES_VARIABLE",
    "RESTART_FILE",
    "SCHEMA",
    "SECRETS_FOLDER",
    "STATISTICS_VARIABLE",
    "STOPPED_STATES",
    "UNITS_OF_JOBS",
    "AssetLocation",
    "Check",
    "CloudWatch",
    "ContainerWorkload",
    "Containers",
    "DeployTime",
    "Deployment",
    "Encrypted",
    "Ending",
    "Files",
    "HaproxyLog",
    "HealthCheck",
    "HostSpec",
    "Http",
    "Image",
    "Job",
    "Journal",
    "LogSource",
    "Package",
    "Porterd",
    "ProcessWorkload",
    "Proxy",
    "Secret",
    "SetupStep",
    "Slot",
    "SpecError",
    "Splunk",
    "Store",
    "Text",
    "Timeouts",
    "Tls",
    "TlsVersion",
    "Workload",
    "check_of",
    "check_unit",
    "decode",
    "dumps",
    "field_of",
    "gate_seconds",
    "job_owner",
    "job_timer",
    "job_unit",
    "launch_hook_seconds",
    "lease_unit",
    "loads",
    "map_ports",
    "ports_of",
    "resolve",
    "workload_token",
    "workload_unit",
]
