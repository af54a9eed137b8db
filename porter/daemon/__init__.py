"""porterd checks the service's health through HAProxy and signals CloudFormation once.

One process serves HTTP on loopback; threads in it check, signal and renew credentials:

- `settings`: what systemd passes to porterd: the spec that configured the host, and secrets;
- `checker`: one health check, returned as an `Observation`; `behind` finds out what the service did
  when HAProxy got no answer from it;
- `units`: what systemd knows about processes; `exits` and `workers` judge it, and are pure;
- `gate`: a pure state machine, from checks and exits to a verdict; `sentence` describes it;
- `journal`: the one signal on disk, so that a restart cannot send another;
- `signaller`: sends the verdict, and records it in the journal first;
- `watch`: the thread that runs all of these, round after round;
- `sessions`: the thread that keeps credentials of the service role; `credentials` serves them;
- `app` and `server`: Flask, and gunicorn, which runs it.

No module here imports boto3, CDK or the rehearsal. `docs/adr/0005-porterd.md` has the decisions.
"""
