"""Each workload has a token in memory, a new one after each boot, and cannot reach IMDS."""

from __future__ import annotations

import re
import shutil

import pytest

from porter.spec import ProcessWorkload, workload_token
from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec
from tests.host.restored import restore

ROLE = "arn:aws:iam::123456789012:role/Service"
MAIL = ProcessWorkload(name="mail", command=("./mail",))


@pytest.fixture
def granted(fake_host: FakeHost) -> FakeHost:
    """A host whose service has a role."""
    fake_host.boot(host_spec(service_role=ROLE, workloads=(WEB, MAIL)), host_deployment())
    return fake_host


def token_of(host: FakeHost, name: str) -> str:
    """Return the variables in the token file of the workload `name`."""
    found = re.search(
        '^AWS_CONTAINER_AUTHORIZATION_TOKEN="([0-9a-f]{64})"$',
        (host.root / f"run/porter/credentials/{name}.env").read_text(),
        re.MULTILINE,
    )
    assert found
    return found[1]


def test_each_workload_gets_a_token_that_porterd_recognizes(granted: FakeHost) -> None:
    granted.apply()
    folder = granted.root / "run/porter/credentials"
    key = (folder / "key").read_bytes()
    for name in ("web", "mail"):
        assert token_of(granted, name) == workload_token(key, name)
        text = (folder / f"{name}.env").read_text()
        uri = 'AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:3001/v1/credentials"\n'
        assert uri in text
        assert f"EnvironmentFile={folder}/{name}.env\n" in granted.unit(f"porter-{name}.service")
    assert token_of(granted, "web") != token_of(granted, "mail")
    assert f"LoadCredential=credentials.key:{folder}/key\n" in granted.unit("porterd.service")
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_another_apply_keeps_the_tokens_and_a_boot_makes_new_ones(granted: FakeHost) -> None:
    granted.apply()
    before = token_of(granted, "web")
    assert granted.apply() == "nothing to do\n"
    shutil.rmtree(granted.root / "run")
    assert restore(granted).returncode == 0
    after = token_of(granted, "web")
    assert after != before
    assert granted.apply() == "nothing to do\n", "nothing is restarted over it"
    assert restore(granted).returncode == 0
    assert token_of(granted, "web") == after


def test_no_token_is_on_disk_or_in_output(granted: FakeHost) -> None:
    said = granted.apply("--json", "--dry-run") + granted.apply("--json")
    key = (granted.root / "run/porter/credentials/key").read_bytes().decode()
    secrets = (key, token_of(granted, "web"), token_of(granted, "mail"))
    for secret in secrets:
        assert secret not in said
        holders = {name for name, content in granted.files().items() if secret.encode() in content}
        assert {name.partition("/")[0] for name in holders} == {"run"}


def test_a_removed_workload_loses_its_token(granted: FakeHost) -> None:
    granted.apply()
    granted.boot(host_spec(service_role=ROLE), host_deployment())
    granted.apply()
    left = {path.name for path in (granted.root / "run/porter/credentials").iterdir()}
    assert left == {"key", "web.env"}


def test_without_a_service_role_there_are_no_tokens(fake_host: FakeHost) -> None:
    fake_host.apply()
    assert not (fake_host.root / "run/porter/credentials").exists()
    assert "credentials.key" not in fake_host.unit("porterd.service")
    assert "credentials" not in fake_host.unit("porter-web.service")


def test_a_workload_learns_the_name_of_its_environment(fake_host: FakeHost) -> None:
    fake_host.boot(host_spec(environment_name="prod"), host_deployment())
    fake_host.apply()
    environment = fake_host.root / "run/porter/environment/web.env"
    assert 'PORTER_ENVIRONMENT="prod"\n' in environment.read_text()


def test_ports_move_for_credentials_too(granted: FakeHost) -> None:
    granted.environment["PORTER_PORTS"] = "3001=3002"
    granted.apply()
    text = (granted.root / "run/porter/credentials/web.env").read_text()
    assert "http://127.0.0.1:3002/v1/credentials" in text


def test_no_workload_reaches_instance_metadata(granted: FakeHost) -> None:
    """The unit drops packets from its control group to IMDS."""
    granted.apply()
    for unit in ("porter-web.service", "porter-mail.service"):
        assert "\nIPAddressDeny=169.254.169.254 fd00:ec2::254\n" in granted.unit(unit)
    assert "IPAddressDeny" not in granted.unit("porterd.service")
