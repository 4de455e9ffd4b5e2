"""Lifecycles as data: every move of every kind, its states, its role and its guard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from begat.core.errors import Code, Problem
from begat.core.roles import Role

Sees = Callable[[str | None], bool]
"""Whether the caller sees what is in this project."""

Judge = Callable[[Any, Sees], list[str]]


@dataclass(frozen=True)
class Guard:
    """A condition on the graph that a move needs.

    ``fact`` is a Cypher expression over ``n``, the asset; ``judge`` turns its value into reasons against the move, none
    where it may pass; it is also told which projects the caller sees, as a reason must not name what he may not see.
    As an expression it serves one asset, many, a plan and a column of a list alike, in the statement that is sent
    anyway. ``rows`` is a statement over ``$ids`` that locks the rows which the fact counts, so that no row moves
    between the answer and the commit.
    """

    fact: str
    judge: Judge
    code: Code = Code.GUARD_FAILED
    rows: str | None = None


States = frozenset[str]


@dataclass(frozen=True)
class Move:
    """One edge of a lifecycle: ``name`` takes any of ``sources`` to ``target``.

    ``platform`` marks a move that only background work makes; it is never offered to a person.
    ``freezes`` marks one that publishes the latest version, which then never changes again. ``archived`` marks one that
    is possible also while the asset is archived: it ends what goes on.
    """

    name: str
    sources: States
    target: str
    role: Role = Role.EDITOR
    guard: Guard | None = None
    platform: bool = False
    reason_required: bool = False
    freezes: bool = False
    archived: bool = False


@dataclass(frozen=True)
class Lifecycle:
    """The states of a kind and the moves between them."""

    initial: str
    moves: tuple[Move, ...] = field(default=())

    def move(self, name: str) -> Move:
        """The move of that name; a KeyError is a mistake in begat."""
        return next(move for move in self.moves if move.name == name)


def states(*names: str) -> States:
    """A set of states, for reading well."""
    return frozenset(names)


def illegal(move: str, status: str, sources: Iterable[str], id: str, of: str = "status") -> Problem:
    """An ILLEGAL_MOVE problem that says from where the move would be legal; ``of`` is what has these states."""
    legal = ", ".join(sorted(sources))
    return Problem(
        Code.ILLEGAL_MOVE,
        f"{move} is not possible while the {of} is {status}.",
        id=id,
        hint=f"It is possible from {legal}.",
    )
