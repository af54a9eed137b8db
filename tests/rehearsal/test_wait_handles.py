"""The wait handles and queues of the embedded AWS, under AWS's names, for booted machines."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator

TEMPLATE = {
    "Resources": {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
    },
    "Outputs": {"Handle": {"Value": {"Ref": "Handle"}}, "Queue": {"Value": {"Ref": "Queue"}}},
}
HANDLE = (
    r"https://cloudformation-waitcondition-eu-west-1\.s3\.eu-west-1\.amazonaws\.com/"
    r"arn%3Aaws%3Acloudformation%3Aeu-west-1%3A123456789012%3Astack/Real/[0-9a-f-]+/[0-9a-f-]+"
    r"\?X-Amz-Algorithm=AWS4-HMAC-SHA256&.*X-Amz-Credential=AKIA\w{16}%2F\d+%2Feu-west-1%2Fs3%2F.*"
)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An embedded AWS with AWS's names."""
    emulator = Emulator(tmp_path_factory.mktemp("named"), real_names=True)
    try:
        emulator.start()
        yield emulator
    finally:
        emulator.stop()


@pytest.fixture(scope="module")
def aws(named: Emulator) -> Clients:
    """AWS for the root of an account."""
    environment = Environment(account="123456789012", region="eu-west-1")
    return account.clients(environment, named.endpoint)


@pytest.fixture
def outputs(aws: Clients) -> Iterator[dict[str, str]]:
    """The outputs of a stack with a handle and a queue."""
    cloudformation = aws["cloudformation"]
    cloudformation.create_stack(StackName="Real", TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="Real", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    [stack] = cloudformation.describe_stacks(StackName="Real")["Stacks"]
    yield {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    _delete(aws)


def _delete(aws: Clients) -> None:
    aws["cloudformation"].delete_stack(StackName="Real")
    aws["cloudformation"].get_waiter("stack_delete_complete").wait(
        StackName="Real", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )


def _put(emulator: Emulator, url: str, unique_id: str) -> tuple[int, str]:
    """PUT a signal to `url`, as the gateway of booted machines forwards it."""
    parts, port = urlsplit(url), urlsplit(emulator.endpoint).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = json.dumps({"Status": "SUCCESS", "UniqueId": unique_id, "Reason": "", "Data": ""})
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("PUT", path, body, {"Host": parts.netloc, "X-Forwarded-Proto": "https"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_a_handle_is_as_long_and_as_encoded_as_a_presigned_url(outputs: dict[str, str]) -> None:
    assert re.fullmatch(HANDLE, outputs["Handle"])
    assert 450 < len(outputs["Handle"]) < 650


def test_a_signal_to_it_arrives_once(named: Emulator, outputs: dict[str, str]) -> None:
    assert _put(named, outputs["Handle"], "i-1")[0] == 200
    assert _put(named, outputs["Handle"], "i-1")[0] == 200
    assert [signal.unique_id for signal in named.signals()] == ["i-1"]


def test_a_url_cut_at_its_ampersand_or_changed_is_refused(
    named: Emulator, outputs: dict[str, str]
) -> None:
    url = outputs["Handle"]
    for broken in (url.partition("&")[0], url.partition("?")[0], url.replace("86399", "864000")):
        status, said = _put(named, broken, "i-2")
        assert (status, "SignatureDoesNotMatch" in said) == (403, True)
    assert _put(named, unquote(url), "i-3")[0] == 200  # S3 normalizes it first


def test_a_handle_outlives_its_stack_and_nothing_comes_of_it(
    aws: Clients, named: Emulator, outputs: dict[str, str]
) -> None:
    _delete(aws)
    before = named.signals()
    assert _put(named, outputs["Handle"], "i-9")[0] == 200
    assert named.signals() == before


def test_a_queue_has_its_name_in_sqs(aws: Clients, outputs: dict[str, str]) -> None:
    assert outputs["Queue"] == "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"
    aws["sqs"].send_message(QueueUrl=outputs["Queue"], MessageBody="hello")
    [message] = aws["sqs"].receive_message(QueueUrl=outputs["Queue"])["Messages"]
    assert message["Body"] == "hello"
