"""porterd watches the service's health through HAProxy and tells CloudFormation, once.

One process serves a little HTTP on loopback, and one thread in it does the work:

- `settings`: what systemd hands over, the same spec the host was configured from;
- `checker`: one health check, an `Observation` of what the service answered; `behind` finds out
  what it did when HAProxy can only say that it got no answer;
- `units`: what systemd knows of its processes; `exits` and `workers` judge, and are pure;
- `gate`: a pure state machine, from observations and exits to a verdict; `sentence` says it;
- `journal`: the one signal on disk, so that no restart can send another;
- `signaller`: from verdict to signal, by way of the journal;
- `watch`: the thread that runs all these, round after round;
- `sessions`: the thread that keeps credentials of the service role; `credentials` hands them out;
- `app` and `server`: Flask, and the gunicorn it runs under.

Nothing here knows boto3, CDK or a rehearsal. The decisions are in `docs/adr/0005-porterd.md`.
"""
