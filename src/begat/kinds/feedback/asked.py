"""What was asked and answered at one position of a request, as far as the inference log keeps it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from begat.core.canonical import canonical
from begat.core.errors import Problem
from begat.core.templates import render
from begat.core.text import MAX_TEXT, check_text
from begat.gql.columns import from_json
from begat.platforms.ports import Inference, Json

QUESTION = "question"
"""The only field of an input that is the rendered prompt itself."""


@dataclass(frozen=True)
class Asked:
    """The prompt as the model read it, the answer, the input as canonical JSON, and the template version that rendered
    the prompt; None where it was not kept or there was none."""

    question: str | None = None
    answer: str | None = None
    input: str | None = None
    template: str | None = None


def asked(
    record: Inference, position: int, version: Mapping[str, Any], template: Mapping[str, Any] | None, answer: Json
) -> Asked:
    """What the record keeps of this position. ``version`` are the endpoint version's properties, ``template`` those of
    its template version, where it has one."""
    given = None if record.input is None or position >= len(record.input) else record.input[position]
    hidden = version.get("logInputs") == "REDACTED" and version.get("redact")
    redacted = from_json(version["redact"]) if hidden else []
    question, template_id = (None, None) if given is None else _question(given, template, redacted)
    return Asked(_kept(question), _kept(answer if isinstance(answer, str) else None), _kept(_json(given)), template_id)


def answer_of(record: Inference, position: int) -> Json:
    """The text that was answered at this position, where it was kept."""
    output = None if record.output is None or position >= len(record.output) else record.output[position]
    return output.get("answer") if isinstance(output, dict) else None


def rendered(template: Mapping[str, Any], values: Mapping[str, Json]) -> str:
    """The question that a template version's properties make of an input; raises BAD_INPUT or LIMIT."""
    return render(template.get("system"), template["prompt"], values).prompt


def _question(
    given: Json, template: Mapping[str, Any] | None, redacted: Collection[str]
) -> tuple[str | None, str | None]:
    """The prompt and the template version that rendered it."""
    if isinstance(given, str):
        return given, None
    if not isinstance(given, dict) or not redacted_free(given, redacted):
        return None, None
    question = given.get(QUESTION)
    if len(given) == 1 and isinstance(question, str):
        return question, None
    if template is not None:
        try:
            return rendered(template, given), template["id"]
        except Problem:
            return None, None
    texts = [value for value in given.values() if isinstance(value, str)]
    return (texts[0] if len(texts) == 1 else None), None


def redacted_free(given: Mapping[str, Json], redacted: Collection[str]) -> bool:
    """Whether the input is as it was sent: what stands in the place of a redacted field was never asked."""
    return not any(field in given for field in redacted)


def _json(given: Json) -> str | None:
    try:
        return None if given is None else canonical(given)
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
