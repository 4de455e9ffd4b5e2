"""Typed errors: the one vocabulary in which begat says no."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Code(Enum):
    """Why something was refused. Clients branch on this; people read the message."""

    BAD_INPUT = "BAD_INPUT"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    CONFLICT = "CONFLICT"
    ILLEGAL_MOVE = "ILLEGAL_MOVE"
    GUARD_FAILED = "GUARD_FAILED"
    IN_USE = "IN_USE"
    DUPLICATE = "DUPLICATE"
    LIMIT = "LIMIT"
    UNAVAILABLE = "UNAVAILABLE"
    PLATFORM = "PLATFORM"


class Problem(Exception):  # noqa: N818 - it is said to people, and most of them are no errors of ours
    """One reason why a request, or one item of it, was refused.

    ``path`` names the input field (GraphQL names and list positions), ``hint`` says what to do, ``id`` the node meant.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        path: Iterable[str | int] = (),
        hint: str | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = tuple(path)
        self.hint = hint
        self.id = id


class Problems(Exception):  # noqa: N818 - see Problem
    """Several problems found together, so that a person mends them in one go."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


def bad_input(message: str, *path: str | int, hint: str | None = None) -> Problem:
    """A BAD_INPUT problem about the field at ``path``."""
    return Problem(Code.BAD_INPUT, message, path=path, hint=hint)


def no_cursor() -> Problem:
    """A BAD_INPUT problem about a cursor that begat did not make."""
    return bad_input("This is no cursor of begat's.", "after", hint="Use pageInfo.endCursor as it is.")


def not_found(id: str, *path: str | int) -> Problem:
    """A NOT_FOUND problem; the same words for what does not exist and for what the caller may not see."""
    shown = id if len(id) <= 100 else id[:100] + "..."
    return Problem(Code.NOT_FOUND, f"There is no {shown!r} that you can see.", path=path, id=shown)
