"""Ask the EC2 instance metadata service, version 2, for the identity of this host."""

from __future__ import annotations

import http.client
import json
import logging
import os
import threading
import time
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlsplit

from porter.aws.backoff import pauses
from porter.errors import PorterError

_log = logging.getLogger(__name__)

ENDPOINT = "http://169.254.169.254"
ENDPOINT_VARIABLE = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
TERMINATED = "Terminated"
"""The target state of a host that Auto Scaling terminates (Amazon EC2 Auto Scaling User Guide,
"Retrieve the target lifecycle state through instance metadata")."""

_ATTEMPTS = 4
_TOKEN_SECONDS = 21_600
_LARGEST_ANSWER = 65_536


class MetadataError(PorterError):
    """The instance metadata service did not answer, or its answer is not what was asked for."""


class Metadata:
    """A client of one instance metadata service.

    `endpoint` defaults to the SDKs' variable `AWS_EC2_METADATA_SERVICE_ENDPOINT`, then to the
    link-local address. `timeout` bounds each network operation, in seconds. A failure that may pass
    (no connection, 429, 5xx, an expired token) is tried four times, then raises `MetadataError`.
    Threads may share a client.
    """

    def __init__(self, endpoint: str | None = None, timeout: float = 2.0) -> None:
        self._endpoint = endpoint or os.environ.get(ENDPOINT_VARIABLE) or ENDPOINT
        self._timeout = timeout
        self._token: str | None = None
        self._renewal = threading.Lock()

    def instance_id(self) -> str:
        """Return the instance id, such as `i-0123456789abcdef0`."""
        return self._get("/latest/meta-data/instance-id")

    def region(self) -> str:
        """Return the region, such as `eu-central-1`."""
        return self._get("/latest/meta-data/placement/region")

    def identity(self) -> dict[str, Any]:
        """Return the instance identity document, with AWS's names (`instanceId`, `accountId`)."""
        path = "/latest/dynamic/instance-identity/document"
        try:
            document = json.loads(self._get(path))
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise MetadataError("the answer is not a JSON object", where=self._place(path))
        return document

    def tags(self) -> dict[str, str]:
        """Return the instance's tags; requires `InstanceMetadataTags: enabled`, no permission."""
        folder = "/latest/meta-data/tags/instance"
        names = self._get(folder).split("\n")
        return {name: self._get(f"{folder}/{_literal(name)}") for name in names if name}

    def scaling_group(self) -> str:
        """Return the name of the instance's Auto Scaling group; empty if it shows no such tag."""
        return self._get("/latest/meta-data/tags/instance/aws:autoscaling:groupName", missing="")

    def target_lifecycle_state(self) -> str:
        """Return the state that Auto Scaling wants (`InService`, `Terminated`); empty if unknown.

        Amazon EC2 Auto Scaling User Guide, "Retrieve the target lifecycle state through instance
        metadata".
        """
        return self._get("/latest/meta-data/autoscaling/target-lifecycle-state", missing="")

    def spot_action(self) -> str:
        """Return what EC2 will do to this Spot Instance, in JSON; empty if nothing.

        EC2 User Guide, "Spot Instance interruption notices": `{"action": "terminate", "time":
        "2026-12-01T08:22:00Z"}`.
        """
        return self._get("/latest/meta-data/spot/instance-action", missing="")

    def maintenance(self) -> str:
        """Return the scheduled events of this instance, a list in JSON; empty if there are none.

        EC2 User Guide, "View scheduled events that affect your Amazon EC2 instances":
        `[{"Code": "instance-stop", "NotBefore": "1 Dec 2026 09:00:43 GMT", "State": "active"}]`.
        """
        return self._get("/latest/meta-data/events/maintenance/scheduled", missing="")

    def rebalance(self) -> bool:
        """Whether EC2 expects to ("EC2 instance rebalance recommendations")."""
        return bool(self._get("/latest/meta-data/events/recommendations/rebalance", missing=""))

    def _get(self, path: str, *, missing: str | None = None) -> str:
        """Return the answer; `missing`, unless None, replaces that of a path that is not there."""
        waits = pauses(first=0.1)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                status, answer = self._get_once(path)
            except OSError as error:
                problem = error.strerror or str(error) or type(error).__name__
            except http.client.HTTPException as error:
                problem = str(error) or type(error).__name__
            else:
                if status == http.HTTPStatus.OK:
                    return answer
                if status == http.HTTPStatus.NOT_FOUND and missing is not None:
                    return missing
                problem = f"answered {status}"
                if not _may_pass(status):
                    break
            if attempt < _ATTEMPTS:
                pause = next(waits)
                _log.warning("%s: %s; again in %.1f s", self._place(path), problem, pause)
                time.sleep(pause)
        raise MetadataError(problem, where=self._place(path), cure=_cure(path))

    def _get_once(self, path: str) -> tuple[int, str]:
        with self._renewal:
            if self._token is None:
                ttl = {"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_SECONDS)}
                status, answer = self._exchange("PUT", "/latest/api/token", ttl)
                if status != http.HTTPStatus.OK:
                    return status, answer
                self._token = answer
            token = self._token
        status, answer = self._exchange("GET", path, {"X-aws-ec2-metadata-token": token})
        if status == http.HTTPStatus.UNAUTHORIZED:
            with self._renewal:
                if self._token == token:  # else another thread has renewed it already
                    self._token = None
        return status, answer

    def _exchange(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        # Not urllib, which obeys proxy variables and follows redirects.
        address = urlsplit(self._endpoint)
        if address.scheme != "http" or not address.hostname:
            raise MetadataError(
                "is not the address of a metadata service",
                where=self._endpoint,
                cure=f"{ENDPOINT_VARIABLE} must look like {ENDPOINT}",
            )
        with closing(
            http.client.HTTPConnection(address.hostname, address.port, timeout=self._timeout)
        ) as connection:
            connection.request(method, address.path.rstrip("/") + path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read(_LARGEST_ANSWER).decode("utf-8", "replace")

    def _place(self, path: str) -> str:
        return f"instance metadata at {self._endpoint}{path}"


def _literal(key: str) -> str:
    """Return `key` as a segment of a path: the characters of such tags need no quoting (RFC 3986).

    EC2 User Guide, "View tags for your EC2 instances using instance metadata".
    """
    return quote(key, safe=":@+=,")


def _may_pass(status: int) -> bool:
    """Whether the next attempt, with a new token if this one has expired, may succeed."""
    return (
        status in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.TOO_MANY_REQUESTS)
        or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR
    )


def _cure(path: str) -> str:
    if "/tags/" in path:
        return "does the launch template say InstanceMetadataTags: enabled?"
    return "is this an EC2 instance with its metadata service enabled?"
