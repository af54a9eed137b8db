"""A rehearsal: the real deployment of an app, on this computer, without an AWS account.

`rehearse.py` is the entry. Below it, each room imports only rooms further down (ADR 0021):

- `story/` deploys versions of the app, one after the other, and reports the result;
- `fleet/` plays EC2 Auto Scaling and load balancing with hosts;
- `faults/` holds what `--fault` injects;
- `cloud/` is the embedded AWS and the cdk CLI, `machines/` are the instances;
- `local/` is what a rehearsal uses of this computer.

The host side cannot tell that it is rehearsed, and templates are never adapted to the emulator.
This module imports nothing, because child processes start here, too.
"""
