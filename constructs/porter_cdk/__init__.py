"""The constructs a user writes: `from porter_cdk import HealthCheck, PorterService, Process`.

`PorterService` is a `Process` or a `Container` behind a load balancer, `PorterHost` the group of
EC2 hosts it runs on, with workers, jobs, setup steps and agents. They refuse nonsense at once, in
the user's own traceback, and leave what depends on the whole app to the end of synthesis: there the
payload is packed, the user data is rendered, and the release is named. Everything that reaches the
host is one of the types of `porter.spec`.
"""

import os
import sys

from porter.spec import (
    Containers,
    Files,
    HaproxyLog,
    HealthCheck,
    Http,
    Journal,
    SpecError,
    Timeouts,
)
from porter.toolchain import node

if "jsii" not in sys.modules and "JSII_NODE" not in os.environ:
    os.environ["JSII_NODE"] = str(node())  # jsii starts it at the first import of aws_cdk

from porter_cdk.check import Check
from porter_cdk.cloudwatch import CloudWatchAgent
from porter_cdk.container import Container
from porter_cdk.host import PorterHost
from porter_cdk.job import Job
from porter_cdk.package import Package
from porter_cdk.process import Process
from porter_cdk.rollout import Rollout
from porter_cdk.secret import Secret
from porter_cdk.service import PorterService
from porter_cdk.setup import Setup
from porter_cdk.splunk import SplunkForwarder
from porter_cdk.tls import Tls

__all__ = [
    "Check",
    "CloudWatchAgent",
    "Container",
    "Containers",
    "Files",
    "HaproxyLog",
    "HealthCheck",
    "Http",
    "Job",
    "Journal",
    "Package",
    "PorterHost",
    "PorterService",
    "Process",
    "Rollout",
    "Secret",
    "Setup",
    "SpecError",
    "SplunkForwarder",
    "Timeouts",
    "Tls",
]
