"""What was asked and answered at one position of a request, as far as the inference log keeps it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from begat.core.canonical import canonical
from begat.core.errors import Problem
from begat.core.templates import parse
from begat.core.text import MAX_TEXT, check_text
from begat.gql.columns import from_json
from begat.kinds.endpoint.inputs import QUESTION, Wording, worded
from begat.platforms.ports import Inference, Json


@dataclass(frozen=True)
class Asked:
    """The question as the model read it, the answer, the input as canonical JSON, and the template version that worded
    the question; None where it was not kept or there was none."""

    question: str | None = None
    answer: str | None = None
    input: str | None = None
    template: str | None = None


def asked(record: Inference, position: int, version: Mapping[str, Any], template: Mapping[str, Any] | None) -> Asked:
    """What the record keeps of this position. ``version`` are the endpoint version's properties, ``template`` those of
    its template version, where it has one."""
    given = None if record.input is None or position >= len(record.input) else record.input[position]
    output = None if record.output is None or position >= len(record.output) else record.output[position]
    answer = output.get("answer") if isinstance(output, dict) else None
    question = None
    hidden = {*from_json(version["redact"]), QUESTION} if version.get("logInputs") == "REDACTED" else set()
    if isinstance(given, dict) and _is_whole(given, hidden):
        question = question_of(given, template)
    by_template = question is not None and template is not None and isinstance(given, dict) and _takes(template, given)
    return Asked(
        question,
        _kept(answer if isinstance(answer, str) else None),
        _json(given),
        template["id"] if by_template and template is not None else None,
    )


def question_of(given: dict[str, Json], template: Mapping[str, Any] | None) -> str | None:
    """What the model was asked, by the endpoint's own rule; None where that cannot be told or is no row's text."""
    wording = None if template is None else Wording(template.get("system"), template["prompt"])
    try:
        return _kept(worded([given], wording)[0])
    except Problem:
        return None


def _takes(template: Mapping[str, Any], given: Mapping[str, Json]) -> bool:
    """Whether the template words this input; a question that is worded already it does not."""
    return set(given) != {QUESTION} or QUESTION in parse(template.get("system"), template["prompt"]).variables


def _is_whole(value: Json, hidden: Collection[str]) -> bool:
    """Whether the log kept the input as it was sent: what stands in the place of a redacted field was never asked."""
    if isinstance(value, dict):
        return all(name not in hidden and _is_whole(inner, hidden) for name, inner in value.items())
    return all(_is_whole(inner, hidden) for inner in value) if isinstance(value, list) else True


def _json(given: Json) -> str | None:
    try:
        return None if given is None else _kept(canonical(given))
    except Problem:
        return None


def _kept(text: str | None) -> str | None:
    """The text, where a row can hold it."""
    if text is None:
        return None
    try:
        return check_text(text, max_length=MAX_TEXT)
    except Problem:
        return None
