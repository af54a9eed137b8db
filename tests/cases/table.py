"""What the apps in this folder list as not exercised, and what no app lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping

PATH = (
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::CertificateManager::Certificate",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::VPC",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerCertificate",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
)
"""What a service's own path leads through, and so is never inert."""

INERT: Mapping[str, Collection[str]] = {
    "network": {"AWS::EC2::EIP", "AWS::EC2::FlowLog", "AWS::EC2::Instance"},
    "lookups": {"AWS::Route53::RecordSet"},
    "context": (),
    "by_id": {"AWS::Route53::RecordSet"},
    "imports": (),
    "rules": {"AWS::ElasticLoadBalancingV2::ListenerRule"},
    "scaling": {
        "AWS::AutoScaling::ScalingPolicy",
        "AWS::AutoScaling::ScheduledAction",
        "AWS::CloudWatch::Alarm",
    },
    "database": {
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBProxy",
        "AWS::SecretsManager::RotationSchedule",
    },
    "uploads": {"Custom::S3AutoDeleteObjects", "Custom::CDKBucketDeployment"},
    "functions": {"Custom::LogRetention"},
    "domain": {"AWS::Route53::HostedZone", "AWS::Route53::RecordSet"},
    "cdn": {"AWS::CloudFront::Distribution", "AWS::WAFv2::WebACLAssociation"},
    "cache": {"AWS::ElastiCache::ReplicationGroup"},
    "files": {"AWS::EFS::FileSystem", "AWS::Backup::BackupSelection"},
    "operations": {"Custom::AWS"},
}
"""The types that each app's report lists as not exercised, among others."""
