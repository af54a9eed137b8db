"""The metadata client speaks IMDSv2 and retries temporary errors."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from porter.aws.metadata import Metadata, MetadataError
from tests.daemon.loopback import INSTANCE_ID, Imds, ImdsHandler, running
from tests.harness.free_port import free_port


def test_it_says_who_this_host_is(imds: Imds) -> None:
    """Identity, region and tags come with one token."""
    metadata = Metadata(imds.url)
    assert metadata.instance_id() == INSTANCE_ID
    assert metadata.region() == "eu-west-1"
    assert metadata.identity()["availabilityZone"] == "eu-west-1a"
    assert metadata.tags() == {"Name": "hello", "aws:autoscaling:groupName": "Hello-Group"}
    assert imds.requests.count("PUT") == 1, "one token serves all"


def test_the_sdks_own_variable_leads_to_it(imds: Imds, monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint may end with a slash; the client ignores proxies."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url + "/")
    assert Metadata().instance_id() == INSTANCE_ID


@pytest.mark.parametrize("script", [[500, 503], ["reset", 429], [401, 500]])
def test_what_may_pass_is_tried_again(imds: Imds, script: list[int | str]) -> None:
    """Server errors, resets, throttling and refused tokens are temporary."""
    imds.script = list(script)
    assert Metadata(imds.url).instance_id() == INSTANCE_ID


def test_an_expired_token_is_replaced(imds: Imds) -> None:
    """A token is valid for at most six hours."""
    metadata = Metadata(imds.url)
    metadata.region()
    imds.slept += 6 * 3600 - 60
    metadata.region()
    assert imds.requests.count("PUT") == 1
    imds.slept += 60
    assert metadata.instance_id() == INSTANCE_ID
    assert imds.requests.count("PUT") == 2


def test_threads_share_one_new_token(imds: Imds) -> None:
    metadata = Metadata(imds.url)
    metadata.region()
    imds.tokens.clear()
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(metadata.instance_id) for _ in range(8)]
    assert {answer.result() for answer in answers} == {INSTANCE_ID}
    assert imds.requests.count("PUT") == 2


def test_a_service_that_is_out_of_order_is_asked_four_times(imds: Imds) -> None:
    imds.script = [500] * 9
    with pytest.raises(MetadataError, match=r"instance-id: answered 500 \(is this an EC2 instance"):
        Metadata(imds.url).instance_id()
    assert len(imds.script) == 5


@pytest.mark.parametrize(("trouble", "asked"), [(403, 1), (503, 4)])
def test_a_token_that_is_refused_is_an_error_with_its_status(trouble: int, asked: int) -> None:
    """The metadata service may be disabled (403) or fail (503)."""

    class Refusing(ImdsHandler):
        def do_PUT(self) -> None:  # noqa: N802 - the base class names it
            self.server.requests.append("PUT")
            self.answer(trouble)

    imds = Imds()
    imds.RequestHandlerClass = Refusing
    with running(imds), pytest.raises(MetadataError, match=f"instance-id: answered {trouble}"):
        Metadata(imds.url).instance_id()
    assert imds.requests == ["PUT"] * asked


def test_there_is_a_pause_between_two_attempts_and_none_after_the_last(
    imds: Imds, caplog: pytest.LogCaptureFixture
) -> None:
    imds.script = [500] * 9
    began = time.monotonic()
    with pytest.raises(MetadataError):
        Metadata(imds.url).instance_id()
    assert time.monotonic() - began >= 0.05 + 0.1 + 0.2
    assert len(caplog.messages) == 3
    assert "instance-id: answered 500; again in 0." in caplog.messages[0]


def test_on_ec2_it_is_asked_at_the_link_local_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: EC2 user guide, "Access instance metadata for an EC2 instance"."""
    monkeypatch.delenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", raising=False)
    assert "at http://169.254.169.254/latest" in Metadata()._place("/latest")


def test_tags_that_are_not_enabled_are_an_error_with_a_cure(imds: Imds) -> None:
    """A 404 is permanent, so the client does not retry."""
    del imds.tree["meta-data/tags/instance"]
    with pytest.raises(MetadataError, match="InstanceMetadataTags: enabled"):
        Metadata(imds.url).tags()
    assert len(imds.requests) == 2


def test_nobody_there_is_an_error_soon() -> None:
    """The message names the address and the system's error."""
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(MetadataError, match=f"{url}.*Connection refused"):
        Metadata(url).instance_id()


@pytest.mark.parametrize("endpoint", ["https://host", "169.254.169.254", "http://"])
def test_an_endpoint_that_cannot_be_is_refused(endpoint: str) -> None:
    """The client refuses the endpoint before it sends a request."""
    with pytest.raises(MetadataError, match=r"not the address of a metadata service .*must look"):
        Metadata(endpoint).region()


def test_a_document_that_is_none_is_refused(imds: Imds) -> None:
    """The identity document must be a JSON object."""
    imds.tree["dynamic/instance-identity/document"] = "[]"
    with pytest.raises(MetadataError, match="not a JSON object") as error:
        Metadata(imds.url).identity()
    assert error.value.where == (
        f"instance metadata at {imds.url}/latest/dynamic/instance-identity/document"
    )


def test_a_service_that_does_not_answer_is_an_error() -> None:
    """Each network operation has a time-out."""

    class Silent(ImdsHandler):
        def do_PUT(self) -> None:  # noqa: N802 - the base class names it
            time.sleep(1)
            super().do_PUT()

    imds = Imds()
    imds.RequestHandlerClass = Silent
    with running(imds), pytest.raises(MetadataError, match="instance-id: timed out"):
        Metadata(imds.url, timeout=0.1).instance_id()
