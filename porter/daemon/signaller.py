"""Send the gate's verdict to CloudFormation: one signal, recorded in the journal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from porter.aws.clock import now
from porter.aws.launch import launched_at, plausible
from porter.aws.metadata import Metadata, MetadataError
from porter.aws.reason import reason_text
from porter.aws.wait_handle import Outcome, SignalError, send
from porter.daemon.gate import Gate, Phase
from porter.daemon.journal import Journal, Record
from porter.daemon.sentence import describe
from porter.daemon.settings import Settings

_log = logging.getLogger(__name__)

SEND_SECONDS = 20.0
"""The longest that one attempt takes, with its retries; checks go on between attempts."""


class Signaller:
    """Owns the record of this host's signal. Only the gate's thread calls it."""

    def __init__(self, settings: Settings, metadata: Metadata, journal: Journal) -> None:
        self._settings = settings
        self._metadata = metadata
        self._journal = journal
        self._redactor = settings.redactor
        timeout = settings.spec.timeout_seconds
        record = journal.open(lambda: launched_at(metadata, timeout))
        # The clock may have been put right since the record was written.
        self.record = replace(record, started_at=plausible(record.started_at, timeout))

    def attempt(self, gate: Gate) -> Iterator[Record]:
        """Try once to send a decided gate's verdict; yield the record each time it changes.

        A failure is logged and the record stays unsettled: the caller tries again. Once the wait
        condition has timed out, the record becomes `failed`.
        """
        if self.record.settled or not gate.decided:
            return
        try:
            if self.record.state == "none":
                self._intend(gate)
                yield self.record
            self._send()
        except (MetadataError, SignalError) as error:
            _log.warning("the signal is not sent yet: %s", error)
            if now() >= self.record.started_at + self._settings.spec.timeout_seconds:
                _log.error(
                    "the signal is not sent, and the wait condition has timed out: giving up"
                )
                self._keep(replace(self.record, state="failed"))
        yield self.record

    def keep_hook(self, state: str) -> None:
        """Record how far the launching hook is."""
        self._keep(replace(self.record, hook=state))

    def _intend(self, gate: Gate) -> None:
        unique_id = self._metadata.instance_id()
        intended = replace(
            self.record,
            state="intended",
            status="SUCCESS" if gate.phase is Phase.HEALTHY else "FAILURE",
            unique_id=unique_id,
            reason=reason_text(describe(gate, self._settings.target), self._redactor),
            first_healthy_at=gate.first_healthy_at,
            healthy_at=gate.healthy_at,
        )
        self._keep(intended)

    def _send(self) -> None:
        signal = self.record.signal(data=self._settings.spec.service)
        outcome = send(self._settings.handle_url, signal, deadline_seconds=SEND_SECONDS)
        if outcome is Outcome.ACCEPTED:
            self._keep(replace(self.record, state="sent", at=now()))
            _log.info("signalled %s: %s", signal.status, signal.reason)
        else:
            self._keep(replace(self.record, state="finished"))

    def _keep(self, record: Record) -> None:
        self._journal.write(record)
        self.record = record
