"""A kind's moves as mutations: one line each where the kind is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from begat.change.many import Act
from begat.change.moves import status_move
from begat.core.kind import Kind
from begat.find.lists import Condition
from begat.gql import inputs
from begat.gql.inputs import AssetFilter
from begat.gql.selections import Blocked, selecting


def move(
    kind: Kind,
    base: type,
    name: str,
    description: str,
    blocked: Blocked | None = None,
    *,
    filter: type = AssetFilter,
    conditions: Callable[[Any], Iterable[Condition]] = inputs.conditions,
    act: Callable[[str | None], Act] | None = None,
) -> Any:
    """The mutation that makes the lifecycle's move ``name`` of a selection: see `selecting`.

    ``act`` makes a move that does more than the status; background work, which may have waited for it, is woken.
    """
    return selecting(
        base,
        lambda info, reason: act(reason) if act else status_move(kind, name, reason),
        description,
        filter=filter,
        conditions=lambda where: [*conditions(where), inputs.of_kind(kind)],
        blocked=blocked,
        wakes=act is not None,
    )
