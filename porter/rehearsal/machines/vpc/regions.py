"""AWS's regions, from botocore's data, and the names derived from them."""

from __future__ import annotations

from botocore.loaders import create_loader
from botocore.regions import EndpointResolver

_PARTITION = "aws"
_LABELS = ("", "s3.", "ecr.", "dkr.ecr.")
"""Labels that need a wildcard of their own: buckets, and the two hosts of a registry."""


def regions() -> list[str]:
    """Return every region of the commercial partition."""
    # Without a session, which would read the user's profiles and fail on a missing one.
    resolver = EndpointResolver(create_loader().load_data("endpoints"))
    known: list[str] = resolver.get_available_endpoints("ec2", _PARTITION)
    return known


def certificate_names() -> list[str]:
    """Return the names of AWS's endpoints, as wildcards: each stands for one label."""
    regional = [f"*.{label}{region}.amazonaws.com" for region in regions() for label in _LABELS]
    return ["*.amazonaws.com", "*.s3.amazonaws.com", *regional]


def private_domain(region: str) -> str:
    """Return the domain of instances' private names.

    Source: "EC2 instance hostnames and domains" in the EC2 User Guide.
    """
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def hostname(address: str, region: str) -> str:
    """Return the name that EC2 derives from an instance's address."""
    return f"ip-{address.replace('.', '-')}.{private_domain(region)}"
