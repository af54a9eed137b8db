"""A private network for one rehearsal, as an instance finds it in EC2.

`Vpc` (`vpc.py`) makes it and takes it away. `network.py` makes the links: a bridge in a namespace
of its own, where each instance's namespace is plugged in with a cable that is its `eth0`
(`interface.py` says which address belongs to which). There is no route to anywhere else, and the
host's own network is never touched.

What an instance can reach is on the bridge: `resolver.py` gives it a lease and answers for AWS's
names and the package mirrors', `metadata.py` tells it who it is, and `gateway.py` takes its
requests to the embedded AWS, over TLS that `authority.py` vouches for in every region
(`regions.py`), or to the mirror. Metadata is answered by the rehearsal itself, which stays outside
and creates only its sockets inside (`namespace.py`).

What runs beside the rehearsal ends with it (`program.py`); what a killed one leaves behind is found
by its name (`leftovers.py`).
"""

from porter.rehearsal.machines.vpc.interface import Interface
from porter.rehearsal.machines.vpc.vpc import Broken, Vpc

__all__ = ["Broken", "Interface", "Vpc"]
