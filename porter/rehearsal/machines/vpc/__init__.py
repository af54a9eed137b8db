"""A private network for one rehearsal, as instances find it in EC2.

`Vpc` (`vpc.py`) makes and removes it. `network.py` makes the links: a bridge in a namespace of its
own, and a cable from the bridge to each instance's namespace, where it is `eth0`. `interface.py`
assigns addresses. The network has no route to the outside, and the host's own network never
changes.

Everything an instance can reach is on the bridge. `resolver.py` gives leases, and answers DNS for
AWS and the package mirrors. `metadata.py` serves instance metadata. `gateway.py` passes requests on
to the mirrors and to the embedded AWS, over TLS that `authority.py` signs for every region
(`regions.py`). The rehearsal's process stays outside the network and creates only sockets inside
(`namespace.py`).

`program.py` runs programs that end with the rehearsal. `leftovers.py` removes what a killed
rehearsal left, by name.
"""

from porter.rehearsal.machines.vpc.interface import Interface
from porter.rehearsal.machines.vpc.vpc import Broken, Vpc

__all__ = ["Broken", "Interface", "Vpc"]
