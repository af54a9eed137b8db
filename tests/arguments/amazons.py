"""Arguments that AWS acts on: tests observe their effect in the template."""

_TEMPLATE = "tests/cdk/test_template.py"
_INGRESS = "tests/cdk/test_ingress.py"
_MATRIX = "tests/matrix/test_update_matrix.py"

AMAZONS = {
    "PorterHost(instance_type=...)": (
        "the launch template's type, and the image of its architecture",
        f"{_TEMPLATE}::test_private_subnets_are_preferred_and_arm_gets_its_own_image",
    ),
    "PorterHost(machine_image=...)": (
        "the launch template's image",
        f"{_MATRIX}::test_hosts_are_replaced_as_the_table_says",
    ),
    "PorterHost(min_healthy=...)": (
        "the wait condition's count",
        f"{_TEMPLATE}::test_the_wait_counts_min_healthy_and_never_desired",
    ),
    "PorterHost(root_device_name=...)": (
        "the launch template's disk",
        f"{_MATRIX}::test_hosts_are_replaced_as_the_table_says",
    ),
    "PorterHost(vpc=...)": (
        "the network of hosts and load balancer",
        f"{_TEMPLATE}::test_private_subnets_are_preferred_and_arm_gets_its_own_image",
    ),
    "PorterHost(vpc_subnets=...)": (
        "the group's subnets",
        f"{_MATRIX}::test_hosts_are_replaced_as_the_table_says",
    ),
    "PorterService(certificate=...)": (
        "the listener's port, protocol and certificate",
        f"{_TEMPLATE}::test_a_certificate_makes_it_https",
    ),
    "PorterService(conditions=...)": (
        "the conditions of the service's rule",
        f"{_INGRESS}::test_a_rule_of_a_shared_listener_leads_to_the_service",
    ),
    "PorterService(domain_name=...)": (
        "the names of certificate and record, and HTTPS",
        f"{_INGRESS}::test_a_domain_name_brings_certificate_record_and_https",
    ),
    "PorterService(domain_zone=...)": (
        "the zone of the record and of the certificate's validation",
        f"{_INGRESS}::test_a_domain_name_brings_certificate_record_and_https",
    ),
    "PorterService(ssl_policy=...)": (
        "the listener's TLS versions and ciphers",
        f"{_INGRESS}::test_the_tls_versions_are_the_recommended_ones_or_those_chosen",
    ),
    "PorterService(public_load_balancer=...)": (
        "the load balancer's scheme",
        f"{_TEMPLATE}::test_a_load_balancer_can_be_internal",
    ),
}
"""The effect of each argument in the template, and the test that compares it."""
