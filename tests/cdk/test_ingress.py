"""How clients reach a service: HTTPS with a domain name, or a rule of a shared listener."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53

from porter_cdk import Http, PorterService, Process, SpecError

ARN = "arn:aws:acm:eu-west-1:123456789012:certificate/a"
LISTENER = (
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shared/"
    "50dc6c495c0c9188/f2f7dc8efc522ab2"
)
SHOP = elbv2.ListenerCondition.path_patterns(["/shop", "/shop/*"])


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = template["Resources"].values()
    return [one["Properties"] for one in found if one["Type"] == f"AWS::{kind}"]


def one(template: dict[str, Any], kind: str) -> dict[str, Any]:
    (resource,) = of_type(template, kind)
    return resource


@pytest.fixture
def zone(stack: cdk.Stack) -> route53.IHostedZone:
    """The zone example.com."""
    return route53.HostedZone.from_hosted_zone_attributes(
        stack, "Zone", hosted_zone_id="Z0123456789ABC", zone_name="example.com"
    )


def certificate(stack: cdk.Stack) -> acm.ICertificate:
    return acm.Certificate.from_certificate_arn(stack, "Mine", ARN)


def shared(scope: cdk.Stack, vpc: ec2.IVpc) -> elbv2.ApplicationListener:
    balancer = elbv2.ApplicationLoadBalancer(scope, "Shared", vpc=vpc, internet_facing=True)
    nothing = elbv2.ListenerAction.fixed_response(404)
    http = elbv2.ApplicationProtocol.HTTP
    return balancer.add_listener("Http", port=80, protocol=http, default_action=nothing)


def imported(stack: cdk.Stack) -> elbv2.IApplicationListener:
    group = ec2.SecurityGroup.from_security_group_id(stack, "Theirs", "sg-12345678")
    return elbv2.ApplicationListener.from_application_listener_attributes(
        stack, "Imported", listener_arn=LISTENER, security_group=group
    )


def listening(template: dict[str, Any]) -> dict[int, str]:
    return {
        one["Port"]: one["DefaultActions"][0]["Type"]
        for one in of_type(template, "ElasticLoadBalancingV2::Listener")
    }


def test_a_domain_name_brings_certificate_record_and_https(
    stack: cdk.Stack, run: Process, zone: route53.IHostedZone, template_of: Any
) -> None:
    service = PorterService(
        stack, "Service", run=run, domain_name="shop.example.com", domain_zone=zone
    )
    template = template_of(stack)
    made = one(template, "CertificateManager::Certificate")
    assert (made["DomainName"], made["ValidationMethod"]) == ("shop.example.com", "DNS")
    assert made["DomainValidationOptions"] == [
        {"DomainName": "shop.example.com", "HostedZoneId": "Z0123456789ABC"}
    ]
    record = one(template, "Route53::RecordSet")
    assert (record["Name"], record["Type"]) == ("shop.example.com.", "A")
    assert record["HostedZoneId"] == "Z0123456789ABC"
    assert listening(template) == {443: "forward"}
    assert service.url == "https://shop.example.com"


def test_a_certificate_of_the_users_is_used_for_the_domain_name(
    stack: cdk.Stack, run: Process, zone: route53.IHostedZone, template_of: Any
) -> None:
    PorterService(
        stack,
        "Service",
        run=run,
        certificate=certificate(stack),
        domain_name="example.com",
        domain_zone=zone,
    )
    template = template_of(stack)
    assert of_type(template, "CertificateManager::Certificate") == []
    listener = one(template, "ElasticLoadBalancingV2::Listener")
    assert listener["Certificates"] == [{"CertificateArn": ARN}]
    assert one(template, "Route53::RecordSet")["Name"] == "example.com."


def test_the_load_balancer_redirects_http(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    PorterService(stack, "Service", run=run, certificate=certificate(stack), redirect_http=True)
    template = template_of(stack)
    assert listening(template) == {443: "forward", 80: "redirect"}
    (plain,) = [
        one for one in of_type(template, "ElasticLoadBalancingV2::Listener") if one["Port"] == 80
    ]
    assert plain["DefaultActions"][0]["RedirectConfig"] == {
        "Port": "443",
        "Protocol": "HTTPS",
        "StatusCode": "HTTP_301",
    }


def test_each_port_keeps_its_listeners_id(run: Process, template_of: Any) -> None:
    """AWS has one listener on a port, and CloudFormation makes the new one first."""
    ids: dict[int, set[str]] = {80: set(), 443: set()}
    for https, redirect in ((False, False), (True, False), (True, True)):
        stack = cdk.Stack(cdk.App(), "Hello")
        given = certificate(stack) if https else None
        PorterService(stack, "Service", run=run, certificate=given, redirect_http=redirect)
        for name, made in template_of(stack)["Resources"].items():
            if made["Type"].endswith("::Listener"):
                ids[made["Properties"]["Port"]].add(name)
    assert [len(names) for names in ids.values()] == [1, 1]
    assert ids[80] != ids[443]


def test_the_tls_versions_are_the_recommended_ones_or_those_chosen(
    run: Process, template_of: Any
) -> None:
    found = []
    for given in (None, elbv2.SslPolicy.TLS13_13):
        stack = cdk.Stack(cdk.App(), "Hello")
        PorterService(stack, "Service", run=run, certificate=certificate(stack), ssl_policy=given)
        found.append(one(template_of(stack), "ElasticLoadBalancingV2::Listener")["SslPolicy"])
    assert found == ["ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-TLS13-1-3-2021-06"]


def test_a_rule_of_a_shared_listener_leads_to_the_service(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
    listener = shared(stack, vpc)
    service = PorterService(
        stack, "Service", run=run, listener=listener, conditions=[SHOP], priority=10
    )
    template = template_of(stack)
    assert len(of_type(template, "ElasticLoadBalancingV2::LoadBalancer")) == 1
    rule = one(template, "ElasticLoadBalancingV2::ListenerRule")
    assert rule["Priority"] == 10
    assert rule["Conditions"][0]["PathPatternConfig"] == {"Values": ["/shop", "/shop/*"]}
    targets = stack.resolve(service.target_group.target_group_arn)
    assert rule["Actions"] == [{"TargetGroupArn": targets, "Type": "forward"}]
    group = one(template, "AutoScaling::AutoScalingGroup")
    assert group["TargetGroupARNs"] == [targets]
    assert len(of_type(template, "EC2::VPC")) == 1
    assert service.host.vpc is vpc
    assert service.listener is listener


def test_the_wait_for_a_release_starts_after_the_rule(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    listener = shared(stack, ec2.Vpc(stack, "Vpc", nat_gateways=0))
    PorterService(stack, "Service", run=run, listener=listener, conditions=[SHOP], priority=1)
    resources = template_of(stack)["Resources"]
    (wait,) = [r for r in resources.values() if r["Type"] == "AWS::CloudFormation::WaitCondition"]
    (rule,) = [n for n, r in resources.items() if r["Type"].endswith("::ListenerRule")]
    assert rule in wait["DependsOn"]


def test_a_shared_load_balancer_reaches_the_hosts_by_inline_rules(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    """Separate rules could come after the first hosts, and the group would end them."""
    listener = shared(stack, ec2.Vpc(stack, "Vpc", nat_gateways=0))
    for number, name in enumerate(("One", "Two"), 1):
        PorterService(stack, name, run=run, listener=listener, conditions=[SHOP], priority=number)
    template = template_of(stack)
    assert of_type(template, "EC2::SecurityGroupIngress") == []
    assert of_type(template, "EC2::SecurityGroupEgress") == []
    groups = of_type(template, "EC2::SecurityGroup")
    (theirs,) = [g for g in groups if g["GroupDescription"] != "porter hosts"]
    assert [(r["CidrIp"], r["ToPort"]) for r in theirs["SecurityGroupEgress"]] == [
        ("0.0.0.0/0", 80)
    ]
    for hosts in groups:
        if hosts is not theirs:
            assert [rule["ToPort"] for rule in hosts["SecurityGroupIngress"]] == [80]


def test_each_priority_is_used_once_in_a_listener(stack: cdk.Stack, run: Process) -> None:
    listener = shared(stack, ec2.Vpc(stack, "Vpc", nat_gateways=0))
    rule: Any = {"run": run, "listener": listener, "conditions": [SHOP]}
    PorterService(stack, "Cart", **rule, priority=10)
    with pytest.raises(SpecError, match=r"^priority: 10 is that of Hello/Cart.*another number"):
        PorterService(stack, "Search", **rule, priority=10)


def test_services_of_other_stacks_share_a_listener(run: Process, template_of: Any) -> None:
    app = cdk.App()
    network = cdk.Stack(app, "Network")
    listener = shared(network, ec2.Vpc(network, "Vpc", nat_gateways=0))
    stack = cdk.Stack(app, "Shop")
    PorterService(stack, "Service", run=run, listener=listener, conditions=[SHOP], priority=10)
    template = template_of(stack)
    rule = one(template, "ElasticLoadBalancingV2::ListenerRule")
    assert "Network:" in json.dumps(rule["ListenerArn"])
    assert of_type(template, "ElasticLoadBalancingV2::LoadBalancer") == []
    assert of_type(template, "EC2::VPC") == []


def test_a_listener_can_be_imported(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    service = PorterService(
        stack,
        "Service",
        run=run,
        vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0),
        max_capacity=4,
        listener=imported(stack),
        conditions=[elbv2.ListenerCondition.host_headers(["shop.example.com"])],
        priority=10,
    )
    service.scale_on_request_count("Load", target_requests_per_minute=100)
    template = template_of(stack)
    assert one(template, "ElasticLoadBalancingV2::ListenerRule")["ListenerArn"] == LISTENER
    (hosts,) = of_type(template, "EC2::SecurityGroup")
    (rule,) = hosts["SecurityGroupIngress"]
    assert (rule["SourceSecurityGroupId"], rule["ToPort"]) == ("sg-12345678", 80)
    policy = one(template, "AutoScaling::ScalingPolicy")["TargetTrackingConfiguration"]
    label = json.dumps(policy["PredefinedMetricSpecification"]["ResourceLabel"])
    assert "app/shared/50dc6c495c0c9188/" in label


def test_each_stack_adds_a_rule_of_its_own_to_an_imported_group(
    run: Process, template_of: Any
) -> None:
    """AWS refuses the same rule a second time (InvalidPermission.Duplicate)."""
    for name in ("Cart", "Search"):
        stack = cdk.Stack(cdk.App(), name)
        group = ec2.SecurityGroup.from_security_group_id(
            stack, "Theirs", "sg-12345678", allow_all_outbound=False
        )
        service = PorterService(
            stack,
            "Service",
            run=run,
            vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0),
            listener=elbv2.ApplicationListener.from_application_listener_attributes(
                stack, "Imported", listener_arn=LISTENER, security_group=group
            ),
            conditions=[SHOP],
            priority=1,
        )
        egress = one(template_of(stack), "EC2::SecurityGroupEgress")
        hosts = stack.resolve(service.host.security_group.security_group_id)
        assert (egress["GroupId"], egress["ToPort"]) == ("sg-12345678", 80)
        assert egress["DestinationSecurityGroupId"] == hosts
        assert "CidrIp" not in egress


def test_a_network_may_be_a_token_here_and_literal_there(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    """They can be one network: only AWS knows."""
    listener = shared(stack, ec2.Vpc(stack, "Vpc", nat_gateways=0))
    known = ec2.Vpc.from_vpc_attributes(
        stack,
        "Known",
        vpc_id="vpc-12345678",
        availability_zones=["eu-west-1a"],
        public_subnet_ids=["subnet-12345678"],
    )
    PorterService(
        stack, "Service", run=run, vpc=known, listener=listener, conditions=[SHOP], priority=1
    )
    assert one(template_of(stack), "ElasticLoadBalancingV2::ListenerRule")["Priority"] == 1


def test_target_groups_and_listeners_of_the_users_work_beside_porters(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    service = PorterService(stack, "Service", run=run)
    mine = elbv2.ApplicationTargetGroup(
        stack,
        "Mine",
        vpc=service.host.vpc,
        port=80,
        targets=[service.host.auto_scaling_group],
    )
    service.listener.add_target_groups("Mine", target_groups=[mine], conditions=[SHOP], priority=1)
    service.load_balancer.add_listener(
        "Other",
        port=8080,
        protocol=elbv2.ApplicationProtocol.HTTP,
        default_target_groups=[service.target_group],
    )
    template = template_of(stack)
    assert listening(template) == {80: "forward", 8080: "forward"}
    assert len(one(template, "AutoScaling::AutoScalingGroup")["TargetGroupARNs"]) == 2


def test_a_service_moves_to_a_shared_listener_with_another_target_group(
    run: Process, template_of: Any
) -> None:
    """A target group belongs to one load balancer: AWS would refuse the same one."""
    groups = []
    for place in ("own", "shared", "another stack's", "imported", "shared"):
        app = cdk.App()
        stack, network = cdk.Stack(app, "Hello"), cdk.Stack(app, "Network")
        vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
        theirs = ec2.Vpc(network, "Vpc", nat_gateways=0) if place == "another stack's" else vpc
        rule: Any = {"conditions": [SHOP], "priority": 1}
        if place == "imported":
            rule["listener"] = imported(stack)
        elif place != "own":
            rule["listener"] = shared(stack if theirs is vpc else network, theirs)
        PorterService(stack, "Service", run=run, vpc=theirs, **(rule if place != "own" else {}))
        resources = template_of(stack)["Resources"]
        groups += [name for name, r in resources.items() if r["Type"].endswith("::TargetGroup")]
    assert len(set(groups)) == 4
    assert groups[1] == groups[4]


def test_a_shared_service_has_no_load_balancer_of_its_own(stack: cdk.Stack, run: Process) -> None:
    listener = shared(stack, ec2.Vpc(stack, "Vpc", nat_gateways=0))
    service = PorterService(
        stack, "Service", run=run, listener=listener, conditions=[SHOP], priority=1
    )
    for name in ("load_balancer", "load_balancer_security_group", "url"):
        with pytest.raises(SpecError, match=f"Hello/Service/{name}: the service has no load"):
            getattr(service, name)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"domain_name": "shop.example.com"}, "domain_name: needs the hosted zone"),
        ({"domain_zone": "ZONE"}, "domain_zone: needs a name"),
        (
            {"domain_name": "shop.example.org", "domain_zone": "ZONE"},
            "domain_name: 'shop.example.org' is not in the zone 'example.com'",
        ),
        (
            {"domain_name": "badexample.com", "domain_zone": "ZONE"},
            "domain_name: 'badexample.com' is not in the zone",
        ),
        (
            {"domain_name": "https://example.com", "domain_zone": "ZONE"},
            "domain_name: must be a name such as",
        ),
        ({"domain_name": "*.example.com", "domain_zone": "ZONE"}, "domain_name: must be a name"),
        ({"domain_name": "shop.example.com.", "domain_zone": "ZONE"}, "domain_name: must be a"),
        ({"redirect_http": True}, "redirect_http: needs a load balancer with HTTPS"),
        ({"ssl_policy": elbv2.SslPolicy.TLS13_13}, "ssl_policy: needs a load balancer with HTTPS"),
        ({"ssl_policy": "TLS13"}, "ssl_policy: must be SslPolicy or None"),
        ({"conditions": [SHOP]}, "conditions: belongs to a rule of an existing listener"),
        ({"conditions": SHOP, "priority": 1, "listener": "SHARED"}, "conditions: must be Sequence"),
        ({"priority": 10}, "priority: belongs to a rule of an existing listener"),
        ({"priority": 0}, "priority: belongs to a rule of an existing listener"),
        (
            {"listener": "BALANCER", "conditions": [SHOP], "priority": 1},
            "listener: must be a listener, got ApplicationLoadBalancer (pass balancer.add_",
        ),
        (
            {"listener": "SHARED", "conditions": [SHOP], "priority": "10"},
            "priority: must be 1-50000, got '10'",
        ),
        ({"certificate": ARN}, "certificate: must be a certificate of ACM, got 'arn:aws:acm"),
        (
            {"certificate": elbv2.ListenerCertificate.from_arn(ARN)},
            "certificate: must be a certificate of ACM, got <",
        ),
        ({"domain_name": "a.example.com", "domain_zone": "NAMELESS"}, "domain_zone: has no name"),
        ({"listener": "SHARED", "priority": 10}, "conditions: is empty"),
        ({"listener": "SHARED", "conditions": [SHOP]}, "priority: is missing"),
        (
            {"listener": "SHARED", "conditions": [SHOP], "priority": 50_001},
            "priority: must be 1-50000, got 50001",
        ),
        (
            {"listener": "SHARED", "conditions": [SHOP], "priority": 1, "redirect_http": True},
            "redirect_http: belongs to the listener",
        ),
        (
            {
                "listener": "SHARED",
                "conditions": [SHOP],
                "priority": 1,
                "public_load_balancer": False,
            },
            "public_load_balancer: belongs to the listener",
        ),
        (
            {"listener": "IMPORTED", "conditions": [SHOP], "priority": 1},
            "vpc: is missing: an imported listener does not tell its network",
        ),
        (
            {"listener": "SHARED", "conditions": [SHOP], "priority": 1, "vpc": "OTHER"},
            "listener: the load balancer is in Hello/Vpc, the hosts are in Hello/Other",
        ),
        ({"http": Http(redirect_to_https=True)}, "http/redirect_to_https: needs a load balancer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_contradicts_is_refused(
    stack: cdk.Stack, run: Process, zone: Any, given: dict[str, Any], said: str
) -> None:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    there: dict[str, Callable[[], Any]] = {
        "ZONE": lambda: zone,
        "SHARED": lambda: shared(stack, vpc),
        "IMPORTED": lambda: imported(stack),
        "BALANCER": lambda: elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc),
        "NAMELESS": lambda: route53.HostedZone.from_hosted_zone_id(stack, "Nameless", "Z1"),
        "OTHER": lambda: ec2.Vpc(stack, "Other", nat_gateways=0),
    }
    props = {
        name: there[value]() if isinstance(value, str) and value in there else value
        for name, value in given.items()
    }
    with pytest.raises(SpecError) as refused:
        PorterService(stack, "Service", run=run, **cast("Any", props))
    assert str(refused.value).startswith(said)


def test_a_private_zone_validates_no_certificate(stack: cdk.Stack, run: Process) -> None:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    zone = route53.PrivateHostedZone(stack, "Private", zone_name="example.com", vpc=vpc)
    with pytest.raises(SpecError, match=r"domain_zone: is private.*pass certificate="):
        PorterService(stack, "A", run=run, domain_name="a.example.com", domain_zone=zone)
    theirs = route53.HostedZone(stack, "Theirs", zone_name="example.com", vpcs=[vpc])
    with pytest.raises(SpecError, match=r"domain_zone: is private.*pass certificate="):
        PorterService(stack, "C", run=run, domain_name="c.example.com", domain_zone=theirs)
    public = route53.HostedZone(stack, "Public", zone_name="example.com")
    PorterService(stack, "D", run=run, domain_name="d.example.com", domain_zone=public)
    PorterService(
        stack,
        "B",
        run=run,
        domain_name="b.example.com",
        domain_zone=zone,
        certificate=certificate(stack),
    )


def test_tokens_pass(stack: cdk.Stack, run: Process, zone: Any, template_of: Any) -> None:
    name = cdk.CfnParameter(stack, "Name").value_as_string
    PorterService(stack, "Service", run=run, domain_name=name, domain_zone=zone)
    template = template_of(stack)
    made = one(template, "CertificateManager::Certificate")
    assert made["DomainName"] == {"Ref": "Name"}
    assert one(template, "Route53::RecordSet")["Name"] == {"Fn::Join": ["", [{"Ref": "Name"}, "."]]}


def test_a_record_has_the_name_as_it_is_written(
    stack: cdk.Stack, run: Process, zone: Any, template_of: Any
) -> None:
    PorterService(stack, "Service", run=run, domain_name="Shop.Example.COM", domain_zone=zone)
    assert one(template_of(stack), "Route53::RecordSet")["Name"] == "Shop.Example.COM."


@pytest.mark.parametrize(
    ("old", "new"),
    [("internet_facing", "public_load_balancer"), ("certificates", "certificate")],
)
def test_the_cdks_other_names_are_told(stack: cdk.Stack, run: Process, old: str, new: str) -> None:
    props: Any = {old: True}
    with pytest.raises(TypeError, match=rf"'{old}'. Did you mean '{new}'\?"):
        PorterService(stack, "Service", run=run, **props)


def test_a_service_without_a_domain_imports_nothing_for_one() -> None:
    """The CDK's modules for it take a fifth of a second."""
    code = (
        "import sys, porter_cdk, inspect; inspect.signature(porter_cdk.PorterService);"
        "print([m for m in sys.modules if m.endswith(('aws_route53', 'certificatemanager'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
