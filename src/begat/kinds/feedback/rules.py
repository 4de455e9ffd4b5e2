"""What a feedback may say, who said it, and what it says of the answer: pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from begat.core.canonical import canonical
from begat.core.errors import bad_input
from begat.core.text import MAX_TEXT, check_name, check_text

MOST_COMMENT = 10_000
MOST_EDITS = 100
"""Edits of one feedback: its history stands in it, and whoever has the request's id may change it."""
MOST_REQUEST = 200

SAID = ("rating", "correction", "comment")
ANONYMOUS = "anonymous"
"""Who sends feedback without a token."""


def said(named: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller named of rating, correction and comment, checked; a blank text says nothing and is None.

    Raises BAD_INPUT for a correction over 100,000 characters, a comment over 10,000, and what is no text.
    """
    found = {name: named[name] for name in SAID if name in named}
    for name, most in (("correction", MAX_TEXT), ("comment", MOST_COMMENT)):
        if found.get(name) is not None:
            found[name] = check_text(found[name], "input", name, max_length=most).strip() or None
    return found


def check_says_something(content: Mapping[str, Any]) -> None:
    """Raises BAD_INPUT where there is neither rating nor correction nor comment."""
    if all(content.get(name) is None for name in SAID):
        raise bad_input(
            "It says nothing.", "input", "rating", hint="Give a rating, a correction, a comment or several of them."
        )


def person(caller: str, by: str | None) -> str:
    """Who speaks: the caller, or whom the caller names (an application passes on what its users say)."""
    return caller if by is None else check_name(by, "input", "by")


def key(request: str, position: int, caller: str, by: str) -> str:
    """What makes two feedbacks one: the same person about the same answer. Whom one caller names is never whom another
    one names, and never another caller: nobody edits what somebody else said by taking his name."""
    who = by if by == caller else canonical([caller, by])
    return f"{request}|{position}|{who}"


def verdict(rating: str | None, correction: str | None, answer: str | None) -> bool | None:
    """Whether the answer was right, as this person says; None where he does not say.

    A correction decides: it is equal to a right answer. Where the answer was not kept, or nothing is corrected, the
    rating decides.
    """
    if correction is not None and answer is not None:
        return correction == answer.strip()
    if rating is not None:
        return rating == "POSITIVE"
    return None
