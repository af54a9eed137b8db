"""The embedded ECR as the cdk CLI asks it, and as Docker reaches it: on loopback."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def find_repositories(registry: ModuleType, requests: ModuleType) -> None:
    """Let a request that names no account have the one repository of that name, whoever's it is.

    ministack looks in the default account alone. Names of the CDK's repositories hold account and
    region.
    """
    original = registry._select_registry_request_scope  # noqa: SLF001

    @functools.wraps(original)
    def select(name: str, headers: Mapping[str, str], query: Mapping[str, Any]) -> None:
        original(name, headers, query)
        if not name or name in registry._repositories:  # noqa: SLF001
            return
        every = [scope for scope, _ in registry._repositories.all_items()]  # noqa: SLF001
        homes = [(account, region) for account, region, known in every if known == name]
        if len(homes) == 1:
            [(account, region)] = homes
            requests.set_request_account_id(account)
            requests.set_request_region(region)

    setattr(registry, "_select_registry_request_scope", select)  # noqa: B010 - private, so untyped


def miss_images(registry: ModuleType, requests: ModuleType) -> None:
    """Refuse to describe images that are not there, as ECR does.

    ministack leaves them out; the cdk CLI takes that for an image that was pushed before.
    """
    original = registry._describe_images  # noqa: SLF001

    @functools.wraps(original)
    def describe(data: Mapping[str, Any]) -> Any:  # noqa: ANN401 - ministack's own
        name, wanted = data.get("repositoryName", ""), data.get("imageIds") or []
        if name in registry._repositories:  # noqa: SLF001
            for one in wanted:
                if not registry._find_image(name, one):  # noqa: SLF001
                    text = f"The image with imageId {one} does not exist within the repository"
                    return requests.error_response_json("ImageNotFoundException", text, 400)
        return original(data)

    setattr(registry, "_describe_images", describe)  # noqa: B010
