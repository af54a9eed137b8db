"""The embedded AWS: ministack in a child process, with its gaps filled.

`Emulator` is the parent's side: it starts the child on a free loopback port, waits until it
answers, tells which signals its wait handles received, and kills it. `__main__` is the child: it
ties its life to the parent's, lets `gaps` add what porter's templates need and ministack lacks
(`replacing`: the UpdatePolicy of groups; `trust`: AssumeRole by a role that is named;
`secret_names`, `parameter_versions`: what policies call a secret and a parameter; `handles`:
signals to presigned URLs; `real_names`: AWS's own URLs) and `faults` break what is to be broken,
both before its door (`asgi`), and serves.
"""

from porter.rehearsal.cloud.emulator.server import Emulator, ReceivedSignal

__all__ = ["Emulator", "ReceivedSignal"]
