"""Hosts that fail before they start the service, as the bootstrap or porter host apply report."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures.rows import QUICK, Failure

PATIENCE = 90
"""A time-out in seconds; the bootstrap retries for 60 s, as permissions take time to reach S3."""

BOOT = (
    Failure(
        name="asset-missing",
        faults=(Fault.ASSET_MISSING,),
        timeout=150,
        within=PATIENCE,
        seen="bootstrap: bundle: <HTTPError 404: 'Not Found'>",
        why="The bucket does not have the bundle: a life-cycle rule or a person deleted it.",
        cure="Deploy again: that uploads what is missing. Keep assets as long as their stacks.",
    ),
    Failure(
        name="asset-denied",
        faults=(Fault.ASSET_DENIED,),
        timeout=150,
        within=PATIENCE,
        seen="bootstrap: payload: <HTTPError 403: 'Forbidden'>",
        why="The host's role may not read the assets. S3 gives the same answer for a missing "
        "object.",
        cure="Check the bucket policies, permission boundaries and service control policies. If "
        "the bucket has a KMS key, call `key.grant_decrypt(service.host.role)`.",
    ),
    Failure(
        name="asset-corrupt",
        faults=(Fault.ASSET_CORRUPT,),
        seen="bootstrap: bundle: ValueError('wrong SHA-256')",
        why="The object in the bucket differs from the synthesized one.",
        cure="Delete the object from the bucket and deploy again. Find out who may write to the "
        "bucket.",
    ),
    Failure(
        name="bundle-schema",
        faults=(Fault.BUNDLE_SCHEMA,),
        seen="porter host apply: …/etc/porter/deployment.json/schema: is version 2, this porter "
        "speaks version 1 (synthesize again, so that bundle and payload come from one porter)",
        why="Two versions of porter made the user data and the bundle.",
        cure="Synthesize again with one version of porter, and deploy the result.",
    ),
    Failure(
        name="haproxy-refuses",
        tier=QUICK,
        faults=(Fault.HAPROXY_REFUSES,),
        seen="porter host apply: phase haproxy: …haproxy -c -f …/etc/porter/haproxy.cfg.new…"
        "[ALERT]…unknown keyword 'keyword-of-another-version' in 'global' section",
        why="The image's HAProxy refuses the configuration. The reason ends with HAProxy's own "
        "message.",
        cure="Use HAProxy 2.6 or newer. Remove any wrapper that changes HAProxy's configuration.",
    ),
    Failure(
        name="haproxy-port-taken",
        booted_too=False,  # there, porter host apply finds the program
        faults=(Fault.HAPROXY_PORT_TAKEN,),
        seen="HAProxy exited with code 1 (… times). Last lines of HAProxy: …"
        "cannot bind socket (Address already in use)",
        why="Another program took HAProxy's port after `porter host apply` had looked. On a booted "
        "host `porter-haproxy.socket` then does not start, and that is the reason.",
        cure="Stop that program in a setup step. It is often a web server that starts at boot.",
    ),
)
