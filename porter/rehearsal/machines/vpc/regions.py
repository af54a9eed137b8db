"""The regions of AWS, from botocore's own data, and what depends on their names."""

from __future__ import annotations

from botocore.loaders import create_loader
from botocore.regions import EndpointResolver

_PARTITION = "aws"
_LABELS = ("", "s3.", "ecr.", "dkr.ecr.")
"""Which labels have a wildcard of their own: buckets, and the two halves of a registry."""


def regions() -> list[str]:
    """Every region of the commercial partition."""
    # Not through a session: that would read the user's profiles, and refuse one that is not there.
    resolver = EndpointResolver(create_loader().load_data("endpoints"))
    known: list[str] = resolver.get_available_endpoints("ec2", _PARTITION)
    return known


def certificate_names() -> list[str]:
    """The names of AWS's endpoints, as wildcards: TLS lets one stand for a single label."""
    regional = [f"*.{label}{region}.amazonaws.com" for region in regions() for label in _LABELS]
    return ["*.amazonaws.com", "*.s3.amazonaws.com", *regional]


def private_domain(region: str) -> str:
    """Where an instance's own name is.

    Source: "EC2 instance hostnames and domains" in the EC2 User Guide.
    """
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def hostname(address: str, region: str) -> str:
    """The name that EC2 derives from an instance's address."""
    return f"ip-{address.replace('.', '-')}.{private_domain(region)}"
