"""Checks of the fields that every kind's create and update share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from begat.core.errors import bad_input
from begat.core.text import check_name, check_tags, check_text

UPDATABLE = {"name": "name", "description": "description", "tags": "tags", "owner": "owner"}
"""Fields of every update input, and the properties that keep them."""


class Named(Protocol):
    """What every create input brings."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str | None: ...
    @property
    def tags(self) -> Sequence[str]: ...


def check_new(new: Named) -> dict[str, Any]:
    """The name, description and tags of what is to be made, checked; raises BAD_INPUT."""
    return check_common({"name": new.name, "description": new.description or None, "tags": list(new.tags)})


def check_common(named: dict[str, Any]) -> dict[str, Any]:
    """The named name, description, tags and owner, checked; raises BAD_INPUT. Other fields pass as they are."""
    found = dict(named)
    for required in ("name", "tags", "owner"):
        if required in found and found[required] is None:
            raise bad_input(f"{required} cannot be null.", "input", required, hint="Leave it out to keep it.")
    if "name" in found:
        found["name"] = check_name(found["name"], "input", "name")
    if found.get("description") is not None:
        found["description"] = check_text(found["description"], "input", "description", max_length=10_000)
    if "tags" in found:
        found["tags"] = check_tags(found["tags"], "input", "tags")
    if "owner" in found:
        found["owner"] = check_name(found["owner"], "input", "owner")
    return found
