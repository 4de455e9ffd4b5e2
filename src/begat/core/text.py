"""Checks of text that people send, before any of it reaches a database."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from begat.core.errors import bad_input

MAX_TEXT = 100_000
"""Characters in any text where nothing narrower is said."""

MAX_NAME = 200
MAX_REASON = 2_000
MAX_TAGS = 50
MAX_TAG = 100


def check_text(value: str, *path: str | int, max_length: int = MAX_TEXT) -> str:
    """``value`` as it is, or BAD_INPUT at ``path``: over ``max_length`` characters, a NUL, or half a surrogate pair.

    Neither database stores NUL alike, and a lone surrogate has no UTF-8: both would fail late, inside a driver.
    """
    if len(value) > max_length:
        raise bad_input(
            f"This text has {len(value)} characters; at most {max_length} are allowed.", *path, hint="Shorten it."
        )
    # What text is made of decides; the encoder finds a surrogate faster than a loop or a pattern would.
    nul = value.find("\0")
    if nul >= 0:
        raise bad_input(f"Character {nul + 1} is a NUL, which no text may hold.", *path, hint="Remove it.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise bad_input(
            f"Character {error.start + 1} is half of a surrogate pair (U+{ord(value[error.start]):04X}) and no text.",
            *path,
            hint="Send valid Unicode: both halves of the pair, or the character itself.",
        ) from None
    return value


def check_name(value: str, *path: str | int) -> str:
    """The name without space around it: one line of 1 to 200 characters, one of them visible; or BAD_INPUT."""
    return _check_line(value, "A name", MAX_NAME, *path)


def check_reason(reason: str | None, *path: str | int) -> str | None:
    """Why something is done, without space around it: at most 2,000 characters, None where nothing is said."""
    return check_text(reason.strip(), *(path or ("reason",)), max_length=MAX_REASON) or None if reason else None


def check_tags(values: Sequence[str], *path: str | int) -> list[str]:
    """The tags without space around them, each once, sorted: at most 50, of 1 to 100 characters; or BAD_INPUT."""
    tags = sorted({_check_line(value, "A tag", MAX_TAG, *path, place) for place, value in enumerate(values)})
    if len(tags) > MAX_TAGS:
        raise bad_input(f"These are {len(tags)} tags; at most {MAX_TAGS} are allowed.", *path, hint="Remove some.")
    return tags


def many(count: int, one: str) -> str:
    """``1 moment``, ``2 moments``."""
    return f"{count} {one}{'' if count == 1 else 's'}"


def normalize(value: str) -> str:
    """Two texts that say the same to a reader have one normal form: NFKC, no case, one space between words.

    Punctuation stays: ``7.5`` is not ``75``, and a model may well learn from a question mark.
    """
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold()).split())


def _check_line(value: str, what: str, max_length: int, *path: str | int) -> str:
    line = value.strip()
    check_text(line, *path, max_length=max_length)
    categories = {unicodedata.category(character) for character in line}
    if all(category[0] in "CZ" for category in categories):
        raise bad_input(f"{what} needs at least one visible character.", *path, hint="Say what it is called.")
    # Line and paragraph separators and control characters would break lists, logs and exports that show one line.
    if categories & {"Cc", "Zl", "Zp"}:
        raise bad_input(f"{what} is one line without control characters.", *path, hint="Remove line breaks and tabs.")
    return line
