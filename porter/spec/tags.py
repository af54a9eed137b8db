"""Which tag keys instance metadata can show.

EC2 User Guide, "View tags for your EC2 instances using instance metadata": EC2 launches no instance
with another key if metadata shows tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from porter.errors import SpecError

_KEY = re.compile(r"[A-Za-z0-9+\-=.,_:@]+")
_RESERVED = (".", "..", "_index")


def check_tag_keys(keys: Iterable[str]) -> None:
    """Raise `SpecError` for the first key that would prevent every launch."""
    for key in keys:
        if not _KEY.fullmatch(key) or key in _RESERVED:
            raise SpecError(
                "is a tag that instance metadata cannot show, so EC2 would launch no hosts",
                where=f"tags/{key}",
                cure="use only letters, digits and + - = . , _ : @ in tag keys, or switch the "
                "metadata's tags off: host.launch_template.add_property_override("
                '"LaunchTemplateData.MetadataOptions.InstanceMetadataTags", "disabled")',
            )
