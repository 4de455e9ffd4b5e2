"""Files of canonical labels: what is good goes in, and every broken line is named."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, NoReturn

from begat.core.canonical import canonical
from begat.core.csv_records import records
from begat.core.errors import Code, Problem, bad_input
from begat.core.item_refs import MAX_ITEM_REF
from begat.core.text import MAX_TEXT, check_name, check_text

FIELDS: Final = ("itemRef", "value", "confidence", "labelType", "allowedUses", "prohibitedUses", "notes")
REQUIRED: Final = ("itemRef", "value")
MAX_NOTES = 10_000

_BETWEEN_USES = re.compile(r"[;,|\s]+")


class LabelUse(StrEnum):
    """What a canonical label may be used for."""

    TRAINING = "TRAINING"
    VALIDATION = "VALIDATION"
    EVALUATION = "EVALUATION"
    FEW_SHOT = "FEW_SHOT"


@dataclass(frozen=True)
class LabelRow:
    """One good label. What the file does not say is None: an import then leaves it as it is."""

    row: int
    item_ref: str
    label_type: str
    value: str
    confidence: float | None = None
    allowed_uses: tuple[LabelUse, ...] | None = None
    prohibited_uses: tuple[LabelUse, ...] | None = None
    notes: str | None = None


@dataclass(frozen=True)
class BadRow:
    """A broken line: its 1-based number in the file (a CSV's header is line 1) and what is wrong with it."""

    row: int
    problem: Problem


def parse(format: str, text: str, default_label_type: str) -> tuple[list[LabelRow], list[BadRow]]:
    """The good labels and the broken lines of a CSV or JSONL file, both in the order of the file.

    Columns or keys: ``itemRef`` and ``value`` (needed), ``confidence`` (0 to 1), ``labelType`` (the default where
    blank), ``allowedUses`` and ``prohibitedUses`` (in CSV parted by ``;``), ``notes``; others are ignored, unless they
    look like a misspelling of these. Numbers and truth values in JSONL are taken as their JSON text. A label is known
    by ``(itemRef, labelType)``: the second good one in a file is broken, and names the line of the first.

    A Problem for the whole file: an unknown format, nothing in it, a missing, misspelled or repeated CSV column.
    A broken line's problem has the path ``("input", "text", line, field)``, or without the field where it has none.
    """
    label_type = check_name(default_label_type, "input", "labelType")
    text = text.removeprefix("\ufeff")
    if format not in ("CSV", "JSONL"):
        raise bad_input(f"There is no format {format[:20]!r}.", "input", "format", hint="Send CSV or JSONL.")
    if not text.strip():
        raise bad_input("The file is empty.", "input", "text", hint="Send at least one label.")
    good: list[LabelRow] = []
    bad: list[BadRow] = []
    first: dict[tuple[str, str], int] = {}
    for line, fields in _csv(text) if format == "CSV" else _jsonl(text):
        try:
            label = _label(line, fields, label_type)
            earlier = first.setdefault((label.item_ref, label.label_type), line)
            if earlier != line:
                _refuse_repeated(label, earlier)
            good.append(label)
        except Problem as problem:
            bad.append(BadRow(line, problem))
    return good, bad


Fields = Mapping[str, Any] | Problem
"""One line's values by field (text in CSV, any JSON in JSONL), or what broke the line."""


def _csv(text: str) -> Iterator[tuple[int, Fields]]:
    lines = records(text)
    header = next(lines)
    if header.error is not None:
        raise bad_input(f"The header, line {header.line}: {header.error}", "input", "text", hint="Correct the header.")
    names = [name.strip() for name in header.fields]
    _check_header(names)
    for line in lines:
        if line.error is not None:
            yield line.line, _broken(line.line, line.error)
        elif len(line.fields) != len(names):
            message = f"The line has {len(line.fields)} fields, and the header names {len(names)}."
            yield line.line, _broken(line.line, message, hint="Put a field that holds a comma into double quotes.")
        else:
            yield line.line, dict(zip(names, line.fields, strict=True))


def _check_header(names: list[str]) -> None:
    for field in REQUIRED:
        if field not in names:
            message = f"The header has no column {field!r}."
            raise bad_input(message, "input", "text", hint=f"Begin with a line such as {','.join(FIELDS[:3])}.")
    for name in names:
        if names.count(name) > 1 and name in FIELDS:
            raise bad_input(f"The header names {name!r} twice.", "input", "text", hint="Remove one of the columns.")
        _check_spelling(name, "input", "text")


def _jsonl(text: str) -> Iterator[tuple[int, Fields]]:
    # Only a line feed ends a line: JSON text may hold the other characters that Python takes for line ends.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, parse_constant=_no_constant, parse_int=_integer, object_pairs_hook=_no_repetition)
        except RecursionError:
            yield number, _broken(number, "The line is nested too deeply.")
        except ValueError as error:
            yield number, _broken(number, f"The line is no JSON: {error}.", hint="Send one JSON object a line.")
        else:
            yield (
                number,
                value
                if isinstance(value, dict)
                else _broken(
                    number, "The line is no JSON object.", hint='Send lines such as {"itemRef": "1", "value": "yes"}.'
                ),
            )


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:  # Python's own words speak of a setting
        raise ValueError(f"a number of {len(digits)} digits is better sent as text") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key is there twice")
    return result


def _label(line: int, fields: Fields, default_label_type: str) -> LabelRow:
    if isinstance(fields, Problem):
        raise fields
    for name in fields:
        _check_spelling(name, "input", "text", line)
    allowed = _uses(fields, "allowedUses", line)
    prohibited = _uses(fields, "prohibitedUses", line)
    if both := set(allowed or ()) & set(prohibited or ()):
        message = f"{min(both)} is both allowed and prohibited."
        raise bad_input(message, "input", "text", line, "prohibitedUses", hint="Keep one of the two.")
    label_type = _text(fields, "labelType", line, MAX_TEXT)
    notes = _text(fields, "notes", line, MAX_NOTES)
    return LabelRow(
        row=line,
        item_ref=_needed(fields, "itemRef", line, MAX_ITEM_REF),
        label_type=check_name(label_type, "input", "text", line, "labelType") if label_type else default_label_type,
        value=_needed(fields, "value", line, MAX_TEXT),
        confidence=_confidence(fields, line),
        allowed_uses=allowed,
        prohibited_uses=prohibited,
        notes=notes or None,
    )


def _text(fields: Mapping[str, Any], field: str, line: int, max_length: int) -> str:
    """The field's text, as it stands; nothing but white space counts as empty."""
    value = fields.get(field)
    if isinstance(value, dict | list):
        raise bad_input(f"{field} is no text.", "input", "text", line, field, hint="Send text.")
    if not isinstance(value, str):
        value = "" if value is None else canonical(value)
    check_text(value, "input", "text", line, field, max_length=max_length)
    return value if value.strip() else ""


def _needed(fields: Mapping[str, Any], field: str, line: int, max_length: int) -> str:
    text = _text(fields, field, line, max_length)
    if not text:
        what = "empty" if field in fields else "missing"
        raise bad_input(f"{field} is {what}.", "input", "text", line, field, hint="Fill it in, or remove the line.")
    return text


def _confidence(fields: Mapping[str, Any], line: int) -> float | None:
    value = fields.get("confidence")
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 <= number <= 1:
        shown = str(value)[:40] if isinstance(value, str | float | int) else "this"
        message = f"The confidence is a number from 0 to 1, not {shown!r}."
        raise bad_input(message, "input", "text", line, "confidence", hint="Correct it, or leave it out.")
    return number


def _uses(
    fields: Mapping[str, Any], field: Literal["allowedUses", "prohibitedUses"], line: int
) -> tuple[LabelUse, ...] | None:
    value = fields.get(field)
    if value is None:
        return None
    names = [name for name in _BETWEEN_USES.split(value) if name] if isinstance(value, str) else value
    if isinstance(value, str) and not names:
        return None
    hint = f"Uses are {', '.join(LabelUse)}."
    if not isinstance(names, list):
        raise bad_input(f"{field} is no list of uses.", "input", "text", line, field, hint=hint)
    uses = set()
    for name in names:
        if not isinstance(name, str) or name not in LabelUse.__members__:
            raise bad_input(f"There is no use {str(name)[:40]!r}.", "input", "text", line, field, hint=hint)
        uses.add(LabelUse(name))
    return tuple(use for use in LabelUse if use in uses)


def _check_spelling(name: str, *path: str | int) -> None:
    """Refuse what looks like a field but is none: ``prohibited_uses``, ignored, would lift a prohibition."""
    if name in FIELDS:
        return
    plain: Callable[[str], str] = lambda word: re.sub(r"[\W_]", "", word).casefold()  # noqa: E731
    close = difflib.get_close_matches(plain(name), [plain(field) for field in FIELDS], n=1, cutoff=0.85)
    if close:
        meant = next(field for field in FIELDS if plain(field) == close[0])
        raise bad_input(f"There is no field {name[:40]!r}.", *path, hint=f"Did you mean {meant!r}?")


def _broken(line: int, message: str, hint: str | None = None) -> Problem:
    return bad_input(message, "input", "text", line, hint=hint)


def _refuse_repeated(label: LabelRow, earlier: int) -> NoReturn:
    message = f"Line {earlier} has a label of type {label.label_type!r} for this item already."
    path = ("input", "text", label.row, "itemRef")
    raise Problem(Code.DUPLICATE, message, path=path, hint="Keep one of the two lines.")
