"""A secret: where the host finds it. The value itself is never part of a specification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from porter.spec.check import check_one_line, refuse
from porter.spec.deployment import Text, check_text

Store = Literal["secretsmanager", "ssm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret of Secrets Manager, or a parameter of Systems Manager, read with the host's role.

    `id` is a name or an ARN. `field` picks one field of a secret that is a JSON object. `version`
    pins one: a version id or stage (Secrets Manager; default AWSCURRENT), or a number (SSM; default
    the latest).
    """

    store: Store
    id: Text
    field: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        check_text("id", self.id)
        if isinstance(self.id, str):
            check_one_line("id", self.id)
        for name in ("field", "version"):
            if getattr(self, name):
                check_one_line(name, getattr(self, name))
        if self.store == "ssm":
            if self.field:
                raise refuse("field", "a parameter has no fields", cure="use Secrets Manager")
            if self.version and not self.version.isdigit():
                raise refuse("version", f"must be a number, got {self.version!r}")
