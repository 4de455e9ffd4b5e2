"""What a canonical label may say: pure rules."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from begat.core.errors import bad_input
from begat.core.item_refs import MAX_ITEM_REF
from begat.core.label_files import MAX_NOTES, LabelUse
from begat.core.text import MAX_NAME, MAX_TEXT, check_name, check_text

MAX_LABEL_TYPE = 100


def check_label_type(value: str, *path: str | int) -> str:
    """The label type without space around it: one line of 1 to 100 characters without `|`; or BAD_INPUT."""
    line = check_name(value, *path)
    if len(line) > MAX_LABEL_TYPE:
        raise bad_input(f"A label type has at most {MAX_LABEL_TYPE} characters.", *path, hint="Shorten it.")
    # The natural key ends with it, after a bar, behind an item reference that may hold any character.
    if "|" in line:
        raise bad_input("A label type has no `|` in it.", *path, hint="Use another character.")
    return line


def check_item_ref(value: str, *path: str | int) -> str:
    """The item reference as it is, any characters: 1 to 1,000 of them, not all blank; or BAD_INPUT."""
    check_text(value, *path, max_length=MAX_ITEM_REF)
    if not value.strip():
        raise bad_input("The item reference is blank.", *path, hint="Name the row by its item key.")
    return value


def check_value(value: str | None, *path: str | int) -> str:
    """The label as it is: at most 100,000 characters, not all blank; or BAD_INPUT."""
    if value is None or not value.strip():
        raise bad_input("The label is blank.", *path, hint="Say what the right answer is.")
    return check_text(value, *path, max_length=MAX_TEXT)


def check_confidence(value: float | None, *path: str | int) -> float | None:
    """A fraction from 0 to 1, or None where nobody said; or BAD_INPUT."""
    if value is None:
        return None
    if not math.isfinite(value) or not 0 <= value <= 1:
        raise bad_input("A confidence is a number from 0 to 1.", *path, hint="Send 0.9 for 90 %.")
    return float(value)


def check_notes(value: str | None, *path: str | int) -> str | None:
    """Free text of at most 10,000 characters; blank is none."""
    return check_text(value, *path, max_length=MAX_NOTES) if value and value.strip() else None


def check_uses(allowed: Sequence[str], prohibited: Sequence[str], *path: str | int) -> None:
    """Raises BAD_INPUT where a use is both allowed and prohibited."""
    both = sorted(set(allowed) & set(prohibited))
    if both:
        raise bad_input(
            f"{' and '.join(both)} would be both allowed and prohibited.",
            *path,
            "prohibitedUses",
            hint="Name allowedUses and prohibitedUses so that each use is in one of them at most.",
        )


def ordered_uses(uses: Sequence[str]) -> list[str]:
    """The uses each once, in their declared order, so that equal sets are stored alike."""
    return [use.value for use in LabelUse if use.value in uses]


def key_of(sheet: str, item_ref: str, label_type: str) -> str:
    """The natural key: one label per sheet, item and label type. A sheet's id and a label type hold no bar."""
    return f"{sheet}|{item_ref}|{label_type}"


def source_row_of(sheet: str, item_ref: str) -> str:
    """How lineage names the row that is labelled."""
    return f"{sheet}|{item_ref}"


def name_of(label_type: str, item_ref: str) -> str:
    """What people call the label: `intent: 17`, on one line and at most 200 characters."""
    line = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in item_ref)
    name = f"{label_type}: {line}".strip()
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"
