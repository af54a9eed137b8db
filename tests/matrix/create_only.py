"""Write porter_cdk/create_only.json: `python -m tests.matrix.create_only`."""

import json
from pathlib import Path

from tests.matrix.cloudformation import create_only

FILE = Path(__file__).parents[2] / "constructs" / "porter_cdk" / "create_only.json"
SERVICES = {
    "ApiGateway": ["RestApi"],
    "ApiGatewayV2": ["Api"],
    "CloudFront": ["Distribution"],
    "Cognito": ["UserPool", "UserPoolClient", "UserPoolDomain"],
    "DynamoDB": ["GlobalTable", "Table"],
    "EC2": ["LaunchTemplate", "SecurityGroup", "Subnet", "VPC"],
    "ECR": ["Repository"],
    "EFS": ["AccessPoint", "FileSystem"],
    "ElastiCache": ["CacheCluster", "ReplicationGroup", "ServerlessCache"],
    "ElasticLoadBalancingV2": ["Listener", "LoadBalancer", "TargetGroup"],
    "Events": ["EventBus"],
    "IAM": ["InstanceProfile", "Role", "User"],
    "KMS": ["Alias", "Key"],
    "Kinesis": ["Stream"],
    "KinesisFirehose": ["DeliveryStream"],
    "Lambda": ["Alias", "Function"],
    "Logs": ["LogGroup"],
    "MSK": ["Cluster"],
    "OpenSearchService": ["Domain"],
    "RDS": ["DBCluster", "DBInstance", "DBProxy"],
    "Route53": ["HostedZone"],
    "S3": ["Bucket"],
    "SNS": ["Topic"],
    "SQS": ["Queue"],
    "SSM": ["Parameter"],
    "SecretsManager": ["Secret", "SecretTargetAttachment"],
    "ServiceDiscovery": ["PrivateDnsNamespace", "Service"],
    "StepFunctions": ["StateMachine"],
}
"""The resources of a host, and those that environments often refer to."""


def render() -> str:
    """Return the whole file, one line for each type."""
    known = create_only()
    kinds = sorted(f"AWS::{service}::{name}" for service in SERVICES for name in SERVICES[service])
    lines = [f"  {json.dumps(kind)}: {json.dumps(sorted(known[kind]))}" for kind in kinds]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(render())
