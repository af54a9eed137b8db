"""Write docs/explanation/what-a-rehearsal-shows.md: `python -m tests.cases.page`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from porter.rehearsal.cloud.emulator.inert import RECORDS
from porter.rehearsal.cloud.lookups import PROVIDERS
from porter.rehearsal.fleet.rules import CONDITIONS
from porter.rehearsal.machines.differences import DIFFERENCES, NO_SANDBOX
from tests.cases.table import INERT, PATH

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "what-a-rehearsal-shows.md"

_AS_ON_EC2 = "as on EC2"

_PAGE = """\
# What a rehearsal plays, stands in for, and does not show

The report lists below "not exercised" what it did not show of your app, and below "machine" what \
it shows of no app; `--json` has both.
This page is generated from the code's tables; `tests/cases` rehearses {apps} apps and checks \
their lists.

## What is played

These types lie on the path to a service, and never exist in name only:

{path}

| resource | in a rehearsal |
|---|---|
| Auto Scaling group | as many hosts as it wants, from its launch template's own user data. \
A host that leaves drains under porter's lifecycle hook; one whose porterd never answered ends at \
once, on AWS after 60 s. A host that `SetInstanceHealth` calls unhealthy is replaced as the \
group's instance maintenance policy says; Auto Scaling's own health checks are not played |
| load balancer, target group | a real HAProxy, with the target group's health checks |
| listener rules, and listeners that only redirect | a second HAProxy, at a URL of its own in \
the report. It plays the conditions {conditions}, weights, redirects and fixed responses. \
Another rule answers 501, and is listed |
| certificates of listeners | exist; the played load balancers speak plain HTTP |
| VPC, subnets, routes, NAT gateways | exist. A host whose subnet has no route to the Internet, or \
gets no public address for the route to an internet gateway, fails the rehearsal. Otherwise hosts \
reach what this machine reaches |
| network ACLs | exist, and filter nothing. A rehearsal fails at its end if their entries refuse \
the hosts' requests to AWS, the load balancer's to the hosts, or the answers, each from \
[the ports that AWS documents]\
(https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html). \
ACLs outside the app are not judged |
| security groups | exist, and are not enforced |
| S3, SQS, SNS, DynamoDB, SSM, Secrets Manager, KMS, IAM, Logs | the embedded AWS, with \
permissions checked |

## What exists in name only

CloudFormation creates these resources, and nothing is behind them:

| type | in a rehearsal |
|---|---|
{records}

Every other type that CloudFormation has is created in name when the embedded AWS lacks it.
`Ref` and `Fn::GetAtt` return values of the right shape.
A missing required property, an unknown attribute and a type that AWS does not have fail as on AWS.
Values of properties are not checked; the CDK's own validator checks them at synthesis.

## Custom resources

| the function | in a rehearsal |
|---|---|
| Python, or Node without the AWS SDK | runs, with its role's permissions, on this computer: as \
you, with your files and your Python's packages |
| of the CDK's provider framework | your `onEvent` and `isComplete` run |
| Node with the AWS SDK, another runtime, layers | does not run: the resource is answered with \
SUCCESS and listed. `auto_delete_objects`, `AwsCustomResource`, log retention and \
`BucketDeployment` are among these |

References between regions (`cross_region_references=True`) are written and read as on AWS.

A function that answers FAILED, or that raises, fails the stack.
A resource that keeps the stack waiting is named while you wait, and when the time is up.

## Lookups, and what exists already

The values in `cdk.context.json` are used, and what they name exists under its id.
A lookup without a value gets a stand-in, which the report lists; your file stays as it is.
Stand-ins exist for these providers: {providers}.

What a template names by id and does not make exists as well.
This holds for VPCs, subnets, route tables, security groups and hosted zones.
It also holds for load balancers, listeners, target groups and SSM parameters, for roles, users \
and groups of IAM, and for topics, queues, functions, log groups and event buses.
Buckets, secrets and parameters that a policy lets a role use exist too, the latter two with \
stand-ins as their values.
The report lists those that no lookup found, because a rehearsal cannot know whether they exist \
on AWS.

## Machines

    porter rehearse                       # played machines: a folder and processes
    porter rehearse --machine systemd     # booted machines: needs Linux and root

| subject | `--machine process` | `--machine systemd` |
|---|---|---|
{machines}

A program may write [what it may on a host](../reference/host.md#where-a-program-may-write).
Its own folder and the rest of this computer are read-only, and files that only root reads on EC2 \
cannot be opened.
A program is never root: if you rehearse as root, it runs as `nobody`.
`python3` has its standard library and what is in the program's folder, and no package of yours.

The rehearsal uses namespaces of the kernel for this, which need no privileges on most computers.
Where the kernel refuses them, as Docker's default profile does, the report says so:

    {refused}

## Examples

| app | listed, among others |
|---|---|
{examples}
"""


def page() -> str:
    """Return the text of the page."""
    return _PAGE.format(
        apps=len(INERT),
        path=_list(PATH),
        conditions=", ".join(f"`{one}`" for one in CONDITIONS),
        records="\n".join(f"| `{_every(one)}` | {why} |" for one, why in RECORDS.items()),
        providers=", ".join(f"`{one}`" for one in PROVIDERS),
        machines="\n".join(
            f"| {one.subject} | {one.process or _AS_ON_EC2} | {_booted(one.systemd)} |"
            for one in DIFFERENCES
        ),
        refused=NO_SANDBOX.format(reason="Operation not permitted"),
        examples="\n".join(
            f"| [`{name}`](../../tests/cases/apps/{name}.py) | {_types(types) or 'nothing'} |"
            for name, types in INERT.items()
        ),
    )


def _booted(text: str) -> str:
    return text.format(suite="the image of `--image`") or _AS_ON_EC2


def _every(type_name: str) -> str:
    return f"{type_name}*" if type_name.endswith("::") else type_name


def _types(types: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in sorted(types))


def _list(types: Iterable[str]) -> str:
    return "\n".join(f"- `{one}`" for one in types)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
