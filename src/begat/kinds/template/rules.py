"""What a template may say: pure rules."""

from __future__ import annotations

from typing import Any

import orjson

from begat.core.canonical import canonical
from begat.core.errors import Problem, bad_input
from begat.core.templates import MAX_SOURCE, parse
from begat.core.text import check_text
from begat.gql.columns import to_json
from begat.kinds.canonical_label.rules import check_label_type

MAX_SETTINGS = 10_000
"""Characters of the settings, written as JSON."""

FIELDS = ("system", "prompt", "settings", "labelType")
"""What a caller names; the variables follow from the texts."""


def content(named: dict[str, Any]) -> dict[str, Any]:
    """A template's content as it is stored, of all its FIELDS, each checked; raises BAD_INPUT with line and column.

    The prompt may be blank: a draft waits for its text, and publishing refuses it. ``settings`` is an object or None.
    """
    system = named.get("system") or None
    prompt = named["prompt"]
    if prompt is None:
        raise bad_input("prompt cannot be null.", "input", "prompt", hint="Leave it out to keep it.")
    label_type = named.get("labelType")
    return {
        "system": system,
        "prompt": prompt,
        "variables": to_json(variables(system, prompt)),
        "settings": settings(named.get("settings")),
        "labelType": None if label_type is None else check_label_type(label_type, "input", "labelType"),
    }


def variables(system: str | None, prompt: str) -> list[str]:
    """The variables of both texts in the order of first use; raises what `parse` does, save for a blank prompt."""
    if prompt.strip():
        return list(parse(system, prompt).variables)
    check_text(prompt, "input", "prompt", max_length=MAX_SOURCE)
    # Any prompt without a variable stands in for the one that is not written yet.
    return [] if system is None else list(parse(system, "-").variables)


def settings(value: Any) -> str | None:
    """The settings as the graph keeps them; raises BAD_INPUT where they are no JSON object or too long."""
    if value is None:
        return None
    path = ("input", "settings")
    if not isinstance(value, dict):
        raise bad_input("The settings are a JSON object.", *path, hint='For example {"temperature": 0.2}.')
    try:
        if len(canonical(value)) > MAX_SETTINGS:
            raise bad_input(f"They have more than {MAX_SETTINGS:,} characters.", hint="Shorten them.")
        return to_json(value)
    except Problem as problem:
        raise bad_input(f"The settings cannot be kept: {problem.message}", *path, hint=problem.hint) from None
    except orjson.JSONEncodeError as error:
        raise bad_input(f"The settings cannot be kept: {error}.", *path, hint="Send large numbers as text.") from error
