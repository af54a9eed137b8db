"""The machine image: what an AMI is to EC2, made from the distribution's own packages.

`recipe.py` says what is in it, and `sources.py` where the packages come from: the host's own apt
sources where it is a Debian of that release. `build.py` runs mmdebstrap, `cache.py` keeps the
result as a read-only tree, by the hash of its recipe. An instance boots from an overlay on that
tree; `ami.py` fills its upper layer with what EC2 and its images give in advance, `trust.py` with
one more certificate authority. `requirements.py` knows what a host must have for all that, and for
booting the result; `family.py` knows the command that installs it.
"""

from porter.rehearsal.machines.image.ami import seed
from porter.rehearsal.machines.image.cache import Image, image
from porter.rehearsal.machines.image.requirements import Missing, missing, require

__all__ = ["Image", "Missing", "image", "missing", "require", "seed"]
