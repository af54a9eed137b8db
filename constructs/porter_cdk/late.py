"""Types for annotations, of CDK modules that take 0.2 s to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

__all__ = ["ICertificate", "IHostedZone", "ITopic"]

if TYPE_CHECKING:
    from aws_cdk.aws_certificatemanager import ICertificate
    from aws_cdk.aws_route53 import IHostedZone
    from aws_cdk.aws_sns import ITopic
else:

    class ICertificate(Protocol):
        """Stands for the CDK's own interface, which checks a value where it is used."""

        __module__ = "aws_cdk.aws_certificatemanager"

    class IHostedZone(Protocol):
        """Stands for the CDK's own interface, which checks a value where it is used."""

        __module__ = "aws_cdk.aws_route53"

    class ITopic(Protocol):
        """Stands for the CDK's own interface, which checks a value where it is used."""

        __module__ = "aws_cdk.aws_sns"
