"""Hosts that never get as far as their service: told by the bootstrap, or by porter host apply."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures.rows import Failure

PATIENCE = 90
"""Seconds: the bootstrap asks for 60 of them, since permissions take a while to reach S3."""

BOOT = (
    Failure(
        name="asset-missing",
        faults=(Fault.ASSET_MISSING,),
        timeout=150,
        within=PATIENCE,
        seen="bootstrap: bundle: <HTTPError 404: 'Not Found'>",
        why="The bundle is not in the bucket: a life-cycle rule or somebody deleted it.",
        cure="Deploy again, which uploads what is missing; keep assets as long as their stacks.",
    ),
    Failure(
        name="asset-denied",
        faults=(Fault.ASSET_DENIED,),
        timeout=150,
        within=PATIENCE,
        seen="bootstrap: payload: <HTTPError 403: 'Forbidden'>",
        why="The host's role may not read the assets; S3 says the same of a missing object.",
        cure="Look at bucket policies, permission boundaries, service control policies, and the "
        "bucket's KMS key: `key.grant_decrypt(service.host.role)`.",
    ),
    Failure(
        name="asset-corrupt",
        faults=(Fault.ASSET_CORRUPT,),
        seen="bootstrap: bundle: ValueError('wrong SHA-256')",
        why="The object is not the one that was synthesized.",
        cure="Delete it from the bucket and deploy again. Find out who may write there.",
    ),
    Failure(
        name="bundle-schema",
        faults=(Fault.BUNDLE_SCHEMA,),
        seen="porter host apply: …/etc/porter/deployment.json/schema: is version 2, this porter "
        "speaks version 1 (synthesize again, so that bundle and payload come from one porter)",
        why="User data and bundle were made by different porters.",
        cure="Synthesize again with one porter, and deploy that.",
    ),
    Failure(
        name="haproxy-refuses",
        faults=(Fault.HAPROXY_REFUSES,),
        seen="porter host apply: phase haproxy: …haproxy -c -f …/etc/porter/haproxy.cfg.new…"
        "[ALERT]…unknown keyword 'keyword-of-another-version' in 'global' section",
        why="The image's HAProxy does not accept the configuration; its own words follow.",
        cure="Use HAProxy 2.6 or newer, and no wrapper that adds to its configuration.",
    ),
    Failure(
        name="haproxy-port-taken",
        faults=(Fault.HAPROXY_PORT_TAKEN,),
        seen="HAProxy exited with code 1 (… times). Last lines of HAProxy: …"
        "cannot bind socket (Address already in use)",
        why="Another program of the image listens on HAProxy's port.",
        cure="Take that program out of the image, often a web server that starts by itself.",
    ),
)
