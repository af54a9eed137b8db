"""CloudFront in front of the load balancer, and a web application firewall on it."""

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_wafv2 as waf

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Cdn")
service = PorterService(
    stack,
    "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
origin = origins.LoadBalancerV2Origin(
    service.load_balancer, protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY
)
cloudfront.Distribution(
    stack, "Distribution", default_behavior=cloudfront.BehaviorOptions(origin=origin)
)
metrics = waf.CfnWebACL.VisibilityConfigProperty(
    cloud_watch_metrics_enabled=True, metric_name="shop", sampled_requests_enabled=True
)
acl = waf.CfnWebACL(
    stack,
    "Acl",
    scope="REGIONAL",
    default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
    visibility_config=metrics,
)
waf.CfnWebACLAssociation(
    stack,
    "Association",
    resource_arn=service.load_balancer.load_balancer_arn,
    web_acl_arn=acl.attr_arn,
)
app.synth()
