"""porterd's HTTP interface, for the service on this host and for people who debug it."""

from __future__ import annotations

import functools
import json
import logging
from typing import Any

from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WSGIResponse

from porter.aws.metadata import Metadata, MetadataError
from porter.aws.reason import reason_text
from porter.daemon.sentence import describe
from porter.daemon.settings import Settings
from porter.daemon.watch import Report, Watch
from porter.spec import CONTAINERS_HOST

_log = logging.getLogger(__name__)

_IDENTITY = {
    "instance_id": "instanceId",
    "region": "region",
    "availability_zone": "availabilityZone",
    "account_id": "accountId",
    "image_id": "imageId",
    "instance_type": "instanceType",
    "private_ip": "privateIp",
}
"""porterd's names for fields of the instance identity document."""


def create_app(settings: Settings, metadata: Metadata, watch: Watch) -> Flask:
    """Create the application; every answer but `/aws/region` is JSON, errors included."""
    app = Flask("porterd", static_folder=None)
    # Other names are refused with 400: a web page could rebind its own name to 127.0.0.1.
    # Containers reach porterd at the last one, where AWS SDKs accept credentials without TLS.
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", CONTAINERS_HOST]
    identity = functools.cache(metadata.identity)

    @app.get("/health")
    def health() -> ResponseReturnValue:
        if watch.alive:
            return {"status": "ok"}
        return {"status": "stuck", "gate_age_seconds": round(watch.age_seconds, 3)}, 503

    @app.get("/aws/region")
    def region() -> ResponseReturnValue:
        return Response(settings.region, mimetype="text/plain")

    @app.get("/aws/ec2/tags")
    def tags() -> ResponseReturnValue:
        return jsonify(metadata.tags())

    @app.get("/v1/identity")
    def who() -> ResponseReturnValue:
        document = identity()
        return {ours: document.get(theirs) for ours, theirs in _IDENTITY.items()}

    @app.get("/v1/service")
    def service() -> ResponseReturnValue:
        return describe_service(watch.report, settings)

    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(MetadataError, _metadata_error)
    return app


def describe_service(report: Report, settings: Settings) -> dict[str, Any]:
    """The answer of `/v1/service`. It holds no secret: not the handle's URL, not a variable."""
    redactor = settings.redactor
    gate, record, last = report.gate, report.record, report.gate.last
    return {
        "service": settings.spec.service,
        "gate": {
            "state": gate.phase,
            "consecutive": gate.consecutive,
            "threshold": gate.threshold,
            "reason": record.reason or reason_text(describe(gate, settings.target), redactor),
        },
        "last_check": last
        and {
            "at": last.at,
            "ok": last.ok,
            "status": last.status,
            "seconds": round(last.seconds, 6),
            "problem": last.problem and redactor(last.problem),
        },
        "workers": {
            name: {"healthy": not trouble, "problem": trouble}
            for name, trouble in report.workers.items()
        },
        "first_healthy_at": gate.first_healthy_at,
        "healthy_at": gate.healthy_at,
        "signal": {"state": record.state, "status": record.status, "at": record.at},
    }


def _http_error(error: HTTPException) -> WSGIResponse:
    response = error.get_response()  # keeps its headers: a 405 names the allowed methods
    response.set_data(json.dumps({"error": error.name}) + "\n")
    response.content_type = "application/json"
    return response


def _metadata_error(error: MetadataError) -> ResponseReturnValue:
    _log.warning("%s", error)
    return {"error": str(error)}, 502
