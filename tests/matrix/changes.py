"""The table: one change of an app in each row, and whether the change replaces hosts."""

import os

from tests.matrix import hatches
from tests.matrix.app import App
from tests.matrix.edits import (
    NEW,
    SAME,
    Change,
    custom,
    environment,
    nothing,
    process,
    put,
    service,
    setup,
)
from tests.matrix.parts import CERTIFICATE, ON_HTTPS, PARTS, PATHS, SHARED, ZONE

from aws_cdk import Duration  # isort: skip  (after porter_cdk, which chooses the node)
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from porter.spec.synthesis import IMAGE_REFRESHED
from porter_cdk import Build, Setup


def add_cache(app: App) -> None:
    (app.folder / "__pycache__").mkdir()
    (app.folder / "__pycache__" / "main.pyc").write_bytes(b"0")


def builds(script: str) -> Build:
    return Build.from_commands([["sh", "-c", script]], inputs=["main.py"])


TABLE = {
    "What runs": [
        Change("an argument", NEW, process(command=["python3", "-u", "main.py"])),
        Change("the port", NEW, process(port=8001)),
        Change("`state` of the process", NEW, process(state=True)),
        Change("a value in the environment", NEW, environment(COLOUR="red", QUEUE="queue_url")),
        Change("a token in the environment", NEW, environment(COLOUR="blue", QUEUE="queue_arn")),
        Change("the environment's order", SAME, environment(QUEUE="queue_url", COLOUR="blue")),
        Change("the name of a queue in the environment", NEW, put(queue={"queue_name": "a"})),
        Change(
            "the retention of that queue", SAME, put(queue={"retention_period": Duration.days(1)})
        ),
        Change("a file", NEW, lambda app: (app.folder / "main.py").write_text("print(2)\n")),
        Change("one file more", NEW, lambda app: (app.folder / "more.py").touch()),
        Change("a file's name", NEW, lambda app: (app.folder / "README").rename(app.folder / "R")),
        Change("a file's executable bit", NEW, lambda app: (app.folder / "main.py").chmod(0o755)),
        Change("a file's other modes", SAME, lambda app: (app.folder / "main.py").chmod(0o600)),
        Change("a file's time", SAME, lambda app: os.utime(app.folder / "main.py", (1, 1))),
        Change("compiled Python beside it", SAME, add_cache),
        Change("`exclude`, leaving a file out", NEW, process(exclude=["README"])),
        Change("`exclude`, matching nothing", SAME, process(exclude=["*.log"])),
        Change("`build` that leaves the same files", SAME, process(build=builds("true"))),
        Change("`build` that leaves one file more", NEW, process(build=builds("touch made"))),
        Change("porter itself (its bundle)", NEW, put(bundle=b"porter 2")),
    ],
    "How hosts are set up": [
        Change("a setup step's command", NEW, setup(command=["./install.sh", "--quiet"])),
        Change("a setup step's environment", NEW, setup(environment={"KEY": "2"})),
        Change("a setup step's time-out", NEW, setup(timeout_seconds=60)),
        Change("a setup step's file", NEW, lambda app: (app.agent / "install.sh").write_text("#!")),
        Change("`environment_name`", NEW, service(environment_name="prod")),
        Change("`security_updates`", NEW, service(security_updates=False)),
        Change("one setup step more", NEW, put(more_setup=[Setup("swap", command=["true"])])),
    ],
    "How it is judged": [
        Change("`HealthCheck.path`", NEW, put(health_check={"path": "/up"})),
        Change("`HealthCheck.healthy_threshold`", NEW, put(health_check={"healthy_threshold": 5})),
        Change("`HealthCheck.codes`", NEW, put(health_check={"codes": "200-299"})),
        Change("`HealthCheck.host`", NEW, put(health_check={"host": "example.com"})),
        Change("`HealthCheck.start_seconds`", NEW, put(health_check={"start_seconds": 60.0})),
        Change("`HealthCheck.unhealthy_seconds`", NEW, put(health_check={"unhealthy_seconds": 9})),
        Change("`HealthCheck.interval_seconds`", NEW, put(health_check={"interval_seconds": 2.0})),
        Change("`timeout`", NEW, service(timeout=Duration.minutes(20))),
        Change("`min_healthy`", NEW, service(min_healthy=1)),
    ],
    **PARTS,
    "Hosts": [
        Change("`min_capacity`, and with it `min_healthy`", NEW, service(min_capacity=3)),
        Change("`max_capacity`", SAME, service(max_capacity=6)),
        Change("`desired_capacity`", SAME, service(desired_capacity=3)),
        Change("the live capacity, carried over", SAME, custom(hatches.live_capacity)),
        Change("a scaling policy", SAME, custom(hatches.scaling)),
        Change("`instance_type`", NEW, service(instance_type=ec2.InstanceType("t3.large"))),
        Change("`instance_types`", NEW, service(instance_types=hatches.TYPES)),
        Change("`instances_distribution`", NEW, service(instances_distribution=hatches.HALF_SPOT)),
        Change(
            "its percentage",
            NEW,
            service(instances_distribution=hatches.ALL_SPOT),
            service(instances_distribution=hatches.HALF_SPOT),
        ),
        Change("`max_instance_lifetime`", SAME, service(max_instance_lifetime=Duration.days(7))),
        Change("`machine_image`", NEW, service(machine_image=hatches.IMAGE)),
        Change("`packages`", NEW, service(packages=["python3.12"])),
        Change("`python`", NEW, service(python="3.12")),
        Change("`root_device_name`", NEW, service(root_device_name="/dev/sda1")),
        Change("`alarms`", SAME, service(alarms=hatches.ALARMS)),
        Change("a tag of the hosts", SAME, custom(hatches.tag)),
        Change("a tag of the stack", SAME, custom(hatches.stack_tag)),
        Change("what the role may do", SAME, custom(hatches.grant)),
        Change("the service's construct id", NEW, put(id="Web")),
    ],
    "Network": [
        Change("a second listener", SAME, custom(hatches.second_listener)),
        Change("`ProtocolVersion` of the target group", NEW, custom(hatches.http2_targets)),
        Change("`certificate`", SAME, service(certificate=CERTIFICATE)),
        Change(
            "`domain_name` and `domain_zone`",
            SAME,
            service(domain_name="shop.example.com", domain_zone=ZONE),
        ),
        Change("`redirect_http`", SAME, service(redirect_http=True), ON_HTTPS),
        Change(
            "`certificate` and `redirect_http`",
            SAME,
            service(certificate=CERTIFICATE, redirect_http=True),
        ),
        Change("`ssl_policy`", SAME, service(ssl_policy=elbv2.SslPolicy.TLS13_13), ON_HTTPS),
        Change("`listener`, of another load balancer", NEW, SHARED),
        Change("its `conditions`", SAME, service(conditions=[PATHS(["/cart/*"])]), SHARED),
        Change("its `priority`", SAME, service(priority=20), SHARED),
        Change("`public_load_balancer`", SAME, service(public_load_balancer=False)),
        Change("a rule of the hosts' security group", SAME, custom(hatches.egress)),
        Change("the description of that group", NEW, custom(hatches.description)),
        Change("`vpc_subnets`", NEW, service(vpc_subnets=hatches.ISOLATED)),
        Change("the VPC's address range", NEW, put(vpc={"ip_addresses": hatches.ADDRESSES})),
    ],
    "Parameter Store, which CloudFormation reads at every deployment": [
        Change("the AMI parameter moved, nothing else", SAME, nothing, moved=True),
        Change("the AMI parameter moved, and a tag", SAME, custom(hatches.tag), moved=True),
        Change("a tag, after a rollback", SAME, custom(hatches.tag), rolled_back=True),
        Change(
            "the AMI parameter moved, after a rollback", SAME, nothing, moved=True, rolled_back=True
        ),
        Change(
            "`{{resolve:ssm:}}` of the image moved",
            SAME,
            nothing,
            custom(hatches.dynamic_image),
            moved=True,
        ),
        Change(
            "`{{resolve:ssm:}}` of the subnets moved",
            SAME,
            nothing,
            custom(hatches.dynamic_subnets),
            moved=True,
        ),
        Change(
            "`{{resolve:ssm:}}` of the placement group moved",
            SAME,
            nothing,
            custom(hatches.dynamic_placement),
            moved=True,
        ),
        Change(
            "the AMI parameter moved, and a file",
            NEW,
            lambda app: (app.folder / "main.py").write_text("print(2)\n"),
            moved=True,
        ),
        Change(
            "`porter deploy --refresh-image`",
            NEW,
            put(context={IMAGE_REFRESHED: "2026-11-30T00:00:00Z"}),
        ),
        Change(
            "`porter deploy --refresh-image`, with a fixed image",
            SAME,
            put(context={IMAGE_REFRESHED: "2026-11-30T00:00:00Z"}),
            service(machine_image=hatches.FIXED),
        ),
    ],
    "Escape hatches, and the rest": [
        Change("an override in the launch template", NEW, custom(hatches.monitoring)),
        Change("`PlacementGroup` of the group", NEW, custom(hatches.group("PlacementGroup", "x"))),
        Change("`PlacementGroup`, as an attribute", NEW, custom(hatches.placement)),
        Change(
            "`VPCZoneIdentifier`", NEW, custom(hatches.group("VPCZoneIdentifier", ["subnet-1"]))
        ),
        Change("`Cooldown`", SAME, custom(hatches.group("Cooldown", "60"))),
        Change("an output of the stack", SAME, custom(hatches.output)),
        Change("nothing", SAME, nothing),
    ],
}
