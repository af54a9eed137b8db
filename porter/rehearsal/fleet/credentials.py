"""Credentials of an instance profile's role, as instance metadata returns them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from porter.aws.clients import Clients

RENEW_BEFORE = timedelta(minutes=5)


class RoleCredentials:
    """Callable from any thread: returns `{AccessKeyId, SecretAccessKey, Token, Expiration}`."""

    def __init__(self, aws: Clients, role_arn: str, session_name: str) -> None:
        self._sts = aws["sts"]
        self._role_arn = role_arn
        self._session_name = session_name
        self._lock = threading.Lock()
        self._expires = datetime.min.replace(tzinfo=UTC)
        self._current: dict[str, str] = {}

    def __call__(self) -> Mapping[str, str]:
        """Return credentials valid for five minutes or more. Raises one of `ERRORS`."""
        with self._lock:
            if self._expires - datetime.now(UTC) < RENEW_BEFORE:
                self._renew()
            return dict(self._current)

    def _renew(self) -> None:
        assumed = self._sts.assume_role(RoleArn=self._role_arn, RoleSessionName=self._session_name)[
            "Credentials"
        ]
        self._expires = assumed["Expiration"]
        self._current = {
            "AccessKeyId": assumed["AccessKeyId"],
            "SecretAccessKey": assumed["SecretAccessKey"],
            "Token": assumed["SessionToken"],
            "Expiration": self._expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
