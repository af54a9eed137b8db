"""The private names of ministack that the embedded AWS changes, and the version that has them."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from types import ModuleType

from porter.errors import PorterError

TESTED = "1.5.33"
_MODULES = {
    "provisioners": (
        "ministack.services.cloudformation.provisioners",
        (
            *("_RESOURCE_HANDLERS", "_ec2_vpc_create", "_seeded_create", "_update_resource"),
            *("_asg", "_asg_create", "_asg_fields", "_sm_secret_string", "_provision_resource"),
            *("_asg_launch_template", "_elbv2_listener_actions", "_cw_metric_alarm_record"),
        ),
    ),
    "change_sets": ("ministack.services.cloudformation.changesets", ("_RESOURCE_HANDLERS",)),
    "custom": (
        "ministack.services.cloudformation.custom_resource",
        ("invoke_custom_resource", "deliver_response", "_pending"),
    ),
    "functions": (
        "ministack.services.lambda_svc",
        (
            *("_get_func_record_for_ref", "_execution_record_for_config"),
            "_execute_function_with_config_scope",
        ),
    ),
    "engine": (
        "ministack.services.cloudformation.engine",
        (
            *("_parse_template", "_intrinsic_references", "_apply_include_transform"),
            *("_SAM_TRANSFORM", "declared_transforms", "_without_transform", "_extract_deps"),
            "_topological_sort",
        ),
    ),
    "stack_requests": (
        "ministack.services.cloudformation.handlers",
        ("_ACTION_HANDLERS", "_resolve_stack", "_p", "_error"),
    ),
    "stacks": ("ministack.services.cloudformation", ("_stacks",)),
    "stack_work": (
        "ministack.services.cloudformation.stacks",
        (
            *("_runs_on_worker_thread", "_topological_sort", "_add_event"),
            *("_provision_resource", "_update_resource"),
        ),
    ),
    "waits": (
        "ministack.services.cloudformation.wait_conditions",
        ("deliver_signal", "has_handle", "handle_url", "_handles", "_token_of"),
    ),
    "auto_scaling": (
        "ministack.services.autoscaling",
        (
            *("_ACTION_MAP", "_describe_asgs", "_asgs", "_hooks", "_hook_record", "_xml", "_error"),
            "_describe_asg_instances",
        ),
    ),
    "ec2": (
        "ministack.services.ec2",
        (
            *("_nat_gateways", "_subnets", "_vpcs", "_route_tables"),
            *("_network_acls", "_network_acl_entry_xml", "_security_groups"),
        ),
    ),
    "secrets": ("ministack.services.secretsmanager", ("_secrets",)),
    "dns": ("ministack.services.route53", ("_zones", "_records")),
    "parameters": ("ministack.services.ssm", ("_parameters", "_PUBLIC_AMI_PARAMETERS")),
    "load_balancing": (
        "ministack.services.alb",
        (
            *("_xml", "_listeners", "_lbs", "_tgs", "_rules", "_targets", "_ACTION_MAP"),
            *("_parse_targets_param", "_error"),
        ),
    ),
    "policies": (
        "ministack.core.iam_evaluator",
        ("_resolve_condition_key", "_RESOURCE_POLICY_LOOKUPS"),
    ),
    "actions": ("ministack.core.iam_actions", ("extract_resource_arn", "request_tag_context")),
    "kms": ("ministack.services.kms", ("_resolve_key", "_generate_data_key", "_create_key")),
    "sts": ("ministack.services.sts", ()),
    "iam": ("ministack.services.iam", ("_roles", "_users", "_groups", "_create_group")),
    "requests": (
        "ministack.core.responses",
        (
            *("get_account_id", "get_region", "error_response_json"),
            *("set_request_account_id", "set_request_region"),
        ),
    ),
    "registry": (
        "ministack.services.ecr",
        (
            *("_select_registry_request_scope", "_repositories"),
            *("_describe_images", "_find_image"),
        ),
    ),
    "queues": ("ministack.services.sqs", ("_queue_url_for_account",)),
}


def checked_modules() -> dict[str, ModuleType]:
    """Import the modules. Raises `PorterError` if a name is missing or the version differs."""
    installed = version("ministack")
    cure = f"python -m pip install ministack=={TESTED}"
    if installed != TESTED:
        raise PorterError(f"must be version {TESTED}, is {installed}", where="ministack", cure=cure)
    modules = {}
    for name, (path, members) in _MODULES.items():
        modules[name] = import_module(path)
        for member in members:
            if not hasattr(modules[name], member):
                raise PorterError(f"has no {member}", where=path, cure=cure)
    return modules
