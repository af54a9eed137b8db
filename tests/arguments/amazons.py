"""Arguments that AWS acts on: tests observe their effect in the template."""

_TEMPLATE = "tests/cdk/test_template.py"
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
    "PorterService(certificates=...)": (
        "the listener's port, protocol and certificates",
        f"{_TEMPLATE}::test_a_certificate_makes_it_https",
    ),
    "PorterService(internet_facing=...)": (
        "the load balancer's scheme",
        f"{_TEMPLATE}::test_a_load_balancer_can_be_internal",
    ),
}
"""The effect of each argument in the template, and the test that compares it."""
