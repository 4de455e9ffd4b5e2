"""What a bench prints."""

from __future__ import annotations


def say(line: str) -> None:
    """One line, at once."""
    print(line, flush=True)  # noqa: T201 - a command's output
