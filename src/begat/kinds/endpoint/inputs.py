"""The inputs of a query: what may be asked, how it is worded for the model, and what of it may be kept; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from begat.core.errors import Code, Problem, bad_input
from begat.core.templates import parse, render
from begat.core.text import check_text
from begat.platforms.ports import Json

MOST = 1_000
MOST_BYTES = 1_000_000
QUESTION = "question"
"""The name of an input that is worded already."""

HIDDEN = "[redacted]"
HINT = 'Send a list such as [{"text": "..."}].'

Input = dict[str, Json]


@dataclass(frozen=True)
class Wording:
    """The template version's texts by which inputs are worded as they were in training."""

    system: str | None
    prompt: str


def checked(inputs: Any) -> list[Input]:
    """The inputs as objects: 1 to 1,000, at most 1 MB as JSON. A bare text is a question that is worded already.

    Raises BAD_INPUT or LIMIT; what was refused here is not to be kept either.
    """
    if not isinstance(inputs, list):
        raise bad_input("The inputs are no list.", "inputs", hint=HINT)
    if not inputs:
        raise bad_input("There is no input.", "inputs", hint=HINT)
    if len(inputs) > MOST:
        raise Problem(
            Code.LIMIT, f"{len(inputs):,} inputs are more than {MOST:,}.", path=("inputs",), hint="Ask several times."
        )
    found: list[Input] = []
    for place, one in enumerate(inputs):
        if isinstance(one, str):
            found.append({QUESTION: one})
        elif isinstance(one, dict):
            found.append(one)
        else:
            raise bad_input("An input is an object or a text.", "inputs", place, hint=HINT)
    try:
        json.dumps(found, allow_nan=False)  # for which orjson writes null
        size = len(orjson.dumps(found))
    except (TypeError, ValueError, RecursionError) as error:  # orjson's own error is a TypeError
        hint = "Send valid Unicode, finite numbers, and large ones as text."
        raise bad_input("The inputs hold what JSON text cannot.", "inputs", hint=hint) from error
    if size > MOST_BYTES:
        message = f"The inputs have {size:,} bytes; at most {MOST_BYTES:,} are allowed."
        raise Problem(Code.LIMIT, message, path=("inputs",), hint="Ask several times.")
    return found


def worded(inputs: Sequence[Input], wording: Wording | None) -> list[str]:
    """What the model is asked. Raises BAD_INPUT or LIMIT at ``inputs, i``, and the variable where one is at fault."""
    variables = () if wording is None else parse(wording.system, wording.prompt).variables
    return [_worded(one, wording, variables, place) for place, one in enumerate(inputs)]


def _worded(one: Input, wording: Wording | None, variables: Sequence[str], place: int) -> str:
    if wording is not None and not (set(one) == {QUESTION} and QUESTION not in variables):
        try:
            return render(wording.system, wording.prompt, one).prompt
        except Problem as problem:
            variable = problem.path[1:2] if problem.path[:1] == ("values",) else ()
            problem.path = ("inputs", place, *variable)
            problem.hint = problem.hint or f"The template asks for {', '.join(variables)}."
            raise
    texts = [(name, value) for name, value in one.items() if isinstance(value, str)]
    if len(one) != 1 or len(texts) != 1:
        hint = f'No template words it, so send the question itself: {{"{QUESTION}": "..."}}.'
        raise bad_input("This input is not one text.", "inputs", place, hint=hint)
    name, text = texts[0]
    return check_text(text, "inputs", place, name)


def kept(inputs: Sequence[Input], log_inputs: str, redact: Sequence[str]) -> list[Json] | None:
    """What the log may hold of the inputs. A question that is worded already may hold any field's value, so REDACTED
    leaves it out, too."""
    if log_inputs == "NONE":
        return None
    if log_inputs == "ALL":
        return list(inputs)
    names = {*redact, QUESTION}
    return [_redacted(one, names) for one in inputs]


def _redacted(value: Json, names: set[str]) -> Json:
    if isinstance(value, Mapping):
        return {name: HIDDEN if name in names else _redacted(inner, names) for name, inner in value.items()}
    if isinstance(value, list):
        return [_redacted(inner, names) for inner in value]
    return value
