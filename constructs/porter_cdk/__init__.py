"""The CDK constructs of porter: `from porter_cdk import HealthCheck, PorterService, Process`.

`PorterService` runs a `Process` or a `Container` behind a load balancer. `PorterHost` is the Auto
Scaling group of EC2 hosts that it runs on, with workers, jobs, setup steps and agents. A wrong
property raises `SpecError` in the line that passes it. Three things wait for the end of synthesis,
because later changes of the app affect them: the payload, the user data and the release's name.
Everything that reaches a host has a type of `porter.spec`.
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
    os.environ["JSII_NODE"] = str(node())  # read by jsii when aws_cdk is imported first

from porter_cdk.alarms import Alarms
from porter_cdk.build import Build
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
    "Alarms",
    "Build",
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
