"""What one rendering may cost: steps, loops, and the size of any value on the way."""

from __future__ import annotations

from collections.abc import Mapping

MAX_RENDERED = 100_000
"""Characters of the rendered prompt, and of the rendered system text."""

MAX_VALUE = 100_000
"""Characters of a value that the template builds, counted as a tree."""

MAX_INPUT = 1_000_000
"""Characters of all values that one rendering uses."""

MAX_ITERATIONS = 10_000
MAX_STEPS = 200_000
"""One per node visited, and one per 16 characters that it looks at or makes: below half a second in all."""


class TooMuch(Exception):  # noqa: N818 - said to a person, as a Problem with the place
    """The budget is used up; the text says which."""


class Refused(Exception):  # noqa: N818 - said to a person, as a Problem with the place
    """A value does not fit what the template does with it."""


class Budget:
    """Counts down for one rendering."""

    def __init__(self) -> None:
        self._steps = MAX_STEPS
        self._iterations = MAX_ITERATIONS
        self._rendered = MAX_RENDERED

    def step(self, size: int = 0) -> None:
        """Pay for one node that works on ``size`` characters."""
        self._steps -= 1 + size // 16
        if self._steps < 0:
            raise TooMuch(f"The template takes more than {MAX_STEPS:,} steps.")

    def iterate(self) -> None:
        """Pay for one turn of a loop."""
        self._iterations -= 1
        if self._iterations < 0:
            raise TooMuch(f"The template's loops turn more than {MAX_ITERATIONS:,} times.")

    def write(self, text: str) -> str:
        """Pay for text that is rendered."""
        self._rendered -= len(text)
        if self._rendered < 0:
            raise TooMuch(f"The rendered text has more than {MAX_RENDERED:,} characters.")
        return text


def size_of(value: object, limit: int) -> int:
    """Roughly the characters of ``value`` written out; stops counting above ``limit``.

    A list that holds one list twice counts it twice: written out, it is there twice, however little memory it takes.
    """
    total = 0
    waiting = [value]
    while waiting and total <= limit:
        item = waiting.pop()
        if isinstance(item, str):
            total += len(item) + 2
        elif isinstance(item, int):
            total += 4 + item.bit_length() // 3
        elif isinstance(item, Mapping):
            total += 2
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            total += 2 + len(item)
            waiting.extend(item)
        else:
            total += 8
    return total


def made(size: int) -> None:
    """Refuse to build a value of ``size`` characters where that is too many."""
    if size > MAX_VALUE:
        raise TooMuch(f"The template builds a value of more than {MAX_VALUE:,} characters.")
