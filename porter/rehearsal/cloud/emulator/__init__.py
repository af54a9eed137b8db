"""The embedded AWS: ministack in a child process, with its gaps filled.

`Emulator` is the parent's side: it starts the child on a free loopback port, waits until the child
answers, lists the signals that wait handles received, and kills the child. `__main__` is the child:
it ends with its parent, lets `gaps` add what porter's templates need and ministack lacks, and
serves. `asgi` wraps ministack's application, `replacing` plays the UpdatePolicy of Auto Scaling
groups, and `handles` plays wait handles. `inert` creates resources of types that ministack lacks,
and `custom_resources` answers for functions that cannot run here.
"""

from porter.rehearsal.cloud.emulator.inert import Inert
from porter.rehearsal.cloud.emulator.server import Emulator, ReceivedSignal

__all__ = ["Emulator", "Inert", "ReceivedSignal"]
