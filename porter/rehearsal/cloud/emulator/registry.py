"""The embedded ECR, for the cdk CLI's requests and for Docker on loopback."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def find_repositories(registry: ModuleType, requests: ModuleType) -> None:
    """Let a request without an account find the only repository of that name in any account.

    ministack searches the default account alone. The CDK's repository names contain account and
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
    """Reject descriptions of missing images, as ECR does.

    ministack leaves such images out, which the cdk CLI takes for an image that was pushed before.
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
