"""CSV records with line numbers, where one broken record does not take the rest with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Possessive (no way back): a field of a megabyte costs a megabyte, and a lone quote does not cost a square.
_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')
_PLAIN = re.compile(r'[^,"\r\n]*+')
_END = re.compile(r",|\r\n|\n|\r|\Z")
_LINE_END = re.compile(r"\r\n|\n|\r|\Z")


@dataclass(frozen=True)
class Record:
    """One record and the 1-based line it begins on; ``error`` says why it is broken, and then it has no fields."""

    line: int
    fields: tuple[str, ...] = ()
    error: str | None = None


def records(text: str) -> Iterator[Record]:
    """The records of ``text`` as RFC 4180 has them (commas, double quotes, any line ends); empty lines are skipped.

    A broken record ends with the line it breaks on, save that a quote that is never closed ends with its first line:
    nothing else would be read at all.
    """
    position, line = 0, 1
    while position < len(text):
        fields, end, error = _record(text, position)
        if error is not None:
            yield Record(line, error=error)
        elif fields != ("",) or text[position] == '"':
            yield Record(line, fields)
        line += len(_LINE_END.findall(text, position, end)) - 1  # the empty match at the end is no line
        position = end


def _record(text: str, position: int) -> tuple[tuple[str, ...], int, str | None]:
    """The fields from ``position`` on, where the next record begins, and what is wrong."""
    fields: list[str] = []
    while True:
        if text.startswith('"', position):
            quoted = _QUOTED.match(text, position)
            if quoted is None:
                return (), _next_line(text, position), f"The quote in field {len(fields) + 1} is never closed."
            value, after = quoted[1].replace('""', '"'), quoted.end()
        else:
            plain = _PLAIN.match(text, position)
            value, after = (plain[0], plain.end()) if plain else ("", position)
        end = _END.match(text, after)
        if end is None:
            what = (
                "text follows the closing quote" if text.startswith('"', position) else "a quote stands inside the text"
            )
            hint = "put the whole field into quotes and double those inside"
            return (), _next_line(text, after), f"In field {len(fields) + 1} {what}; {hint}."
        fields.append(value)
        position = end.end()
        if end[0] != ",":
            return tuple(fields), position, None


def _next_line(text: str, position: int) -> int:
    end = _LINE_END.search(text, position)
    return len(text) if end is None else end.end()
