"""porterd's HTTP interface, for the service on this host and for people who debug it."""

from __future__ import annotations

import functools
import json
import logging
from pathlib import Path

from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WSGIResponse

from porter.aws.metadata import Metadata, MetadataError
from porter.daemon.access_log import note_routes
from porter.daemon.events import Events
from porter.daemon.metrics import serve_metrics
from porter.daemon.page import Host, serve_page
from porter.daemon.polls import serve_events
from porter.daemon.refused import answer_refusals
from porter.daemon.service_state import describe_service
from porter.daemon.settings import Settings
from porter.daemon.statistics import Statistics
from porter.daemon.watch import Watch
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

_DOCUMENT = Path(__file__).with_name("openapi") / "openapi.json"
"""Generated: `python -m tests.interface.page`."""


def create_app(settings: Settings, metadata: Metadata, watch: Watch, events: Events) -> Flask:
    """Create the application; every answer but `/aws/region` is JSON, errors included."""
    app = Flask("porterd", static_folder=None)
    # Other names are refused with 400: a web page could rebind its own name to 127.0.0.1.
    # Containers reach porterd at the last one, where AWS SDKs accept credentials without TLS.
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", CONTAINERS_HOST]
    identity = functools.cache(metadata.identity)
    document = _DOCUMENT.read_bytes()

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

    @app.get("/v1/openapi.json")
    def openapi() -> ResponseReturnValue:
        return Response(document, mimetype="application/json")

    serve_events(app, events)
    statistics = Statistics(settings.statistics_socket) if settings.statistics_socket else None
    serve_metrics(app, settings, watch, events, statistics)
    serve_page(app, Host(settings, metadata, watch, events, statistics))
    answer_refusals(app)
    note_routes(app)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(MetadataError, _metadata_error)
    return app


def _http_error(error: HTTPException) -> WSGIResponse:
    response = error.get_response()  # keeps its headers: a 405 names the allowed methods
    response.set_data(json.dumps({"error": error.name}) + "\n")
    response.content_type = "application/json"
    return response


def _metadata_error(error: MetadataError) -> ResponseReturnValue:
    _log.warning("%s", error)
    return {"error": str(error)}, 502
