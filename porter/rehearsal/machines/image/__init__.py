"""The machine image: what an AMI is to EC2, made from the distribution's own packages.

`recipe.py` lists the content of an image, `sources.py` finds the packages: this host's own apt
sources if it is a Debian of that release. `build.py` runs mmdebstrap. `cache.py` keeps images as
read-only trees, named by a hash of their recipe. A machine boots from an overlay on such a tree.
`ami.py` fills the overlay's upper layer with what EC2 and its AMIs provide, `trust.py` adds a
certificate authority. `requirements.py` lists what a host needs to build and boot images, and
`family.py` how to install it.
"""

from porter.rehearsal.machines.image.ami import seed
from porter.rehearsal.machines.image.cache import Image, image
from porter.rehearsal.machines.image.requirements import Missing, missing, require

__all__ = ["Image", "Missing", "image", "missing", "require", "seed"]
