"""The published schemas of `porter rehearse --json`, against which tests hold what it prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "report.schema.json"
CHANGE = SCHEMA.with_name("change.schema.json")
"""The schema of a line of `--watch`."""


def validate(printed: Mapping[str, Any], published: Path = SCHEMA) -> None:
    """Fail unless `printed` follows the schema."""
    schema = json.loads(published.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(printed)
