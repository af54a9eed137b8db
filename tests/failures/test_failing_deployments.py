"""Every failure by the command line: exit code, reason, time, and no leftovers."""

from __future__ import annotations

import re

import pytest

from tests.failures.launch_rows import REFUSED
from tests.failures.outcomes import assert_failed
from tests.failures.rows import Failure, tiered
from tests.failures.runs import Runs
from tests.failures.table import ANYWHERE

pytestmark = pytest.mark.timeout(1500)  # a test may wait for earlier rehearsals


@pytest.mark.parametrize("case", tiered(ANYWHERE))
def test_a_failed_deployment_says_why_in_time_and_leaves_nothing(runs: Runs, case: Failure) -> None:
    assert_failed(runs.of(case), case)


@pytest.mark.parametrize("case", tiered([REFUSED]))
def test_a_refused_launch_is_printed_as_it_fails_as_by_porter_deploy(
    runs: Runs, case: Failure
) -> None:
    """Once, however often Auto Scaling tries."""
    printed = runs.of(case).err
    line = r"^(Hello-\S+): a launch failed: You have .* Launching EC2 instance failed\.$"
    assert len(re.findall(line, printed, re.MULTILINE)) == 1, printed
    assert (
        "\n  cure: ask Service Quotas for more vCPUs, or use a smaller instance_type\n" in printed
    )
