"""What a chat service's answer says, and why it may not be used."""

from __future__ import annotations

import json
from typing import Any

from begat.core.errors import Code, Problem
from begat.platforms.ports import ChatAnswer, Unusable

_SHOWN = 300


def read_answer(body: bytes, model: str) -> ChatAnswer:
    """The answer in a body with status 200, to a question to ``model``. Unusable (PLATFORM) for all that is no whole
    answer: it was paid for all the same."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Unusable(_garbage("it is no JSON"), None, None) from None
    tokens_in, tokens_out = _count(_at(data, "usage", "prompt_tokens")), _count(_at(data, "usage", "completion_tokens"))
    try:
        return _read(data, model, tokens_in, tokens_out)
    except Problem as problem:
        raise Unusable(problem, tokens_in, tokens_out) from None


def _read(data: Any, model: str, tokens_in: int | None, tokens_out: int | None) -> ChatAnswer:
    choice = _at(data, "choices", 0)
    message = _at(choice, "message")
    finish = _at(choice, "finish_reason")
    if not isinstance(message, dict):
        raise _garbage("it has no choices[0].message")
    if finish == "length":
        raise Problem(Code.PLATFORM, "The answer was cut off at the token limit.", hint="Raise max_tokens.")
    refusal = message.get("refusal")
    if finish == "content_filter" or (refusal and message.get("content") is None):
        said = f": {_short(refusal)}" if isinstance(refusal, str) else "."
        raise Problem(Code.PLATFORM, f"The chat service refused to answer{said}", hint="Change the prompt.")
    text = message.get("content")
    if not isinstance(text, str):
        raise _garbage("choices[0].message.content is no text")
    if not _is_text(text):
        raise _garbage("its text holds a NUL or half of a surrogate pair")
    answered = _at(data, "model")
    return ChatAnswer(
        text=text,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        model=answered if isinstance(answered, str) and answered and _is_text(answered) else model,
        finish_reason=finish if isinstance(finish, str) and finish and _is_text(finish) else "unknown",
    )


def error_text(body: bytes, secret: str | None) -> str:
    """What an error's body says, on one line and short, without the secret, which some services repeat; empty where it
    says nothing in the usual form."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    said = _at(data, "error", "message") or _at(data, "error") or _at(data, "message") or _at(data, "detail")
    if not isinstance(said, str):
        return ""
    # Before it is cut: half a secret would not be recognised.
    return _short(said.replace(secret, "***") if secret else said)


def _at(value: Any, *steps: str | int) -> Any:
    """The value at these steps, None where there is none."""
    for step in steps:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _is_text(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _short(text: str) -> str:
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "..."


def _garbage(why: str) -> Problem:
    return Problem(
        Code.PLATFORM,
        f"The chat service's answer cannot be used: {why}.",
        hint="Check that its address is OpenAI-compatible.",
    )
