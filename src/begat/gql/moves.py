"""A kind's moves as mutations: one line each where the kind is, one resolver here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Optional

import strawberry

from begat.change.many import Act, OnError
from begat.change.moves import status_move
from begat.core.errors import Problem
from begat.core.kind import Kind
from begat.find.lists import Condition
from begat.gql import inputs
from begat.gql.context import Info
from begat.gql.inputs import AssetFilter
from begat.gql.payloads import ItemInput, Moved, moved

Blocked = Callable[[Info, Sequence[str]], Awaitable[dict[str, Problem]]]


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
    """The mutation that makes the lifecycle's move ``name`` of a selection by ids, items or where.

    ``blocked`` asks the platform what it has against single items, before anything is locked. ``filter`` is the kind's
    own where, with what turns it into ``conditions``. ``act`` makes a move that does more than the status; background
    work, which may have waited for it, is woken.
    """

    async def resolve(
        info: Info,
        ids: Any = None,
        items: Any = None,
        where: Any = None,
        expected_count: Any = None,
        on_error: Any = None,
        dry_run: Any = None,
        reason: Any = None,
    ) -> Any:
        async def ask(chosen: Sequence[str]) -> dict[str, Problem]:
            return await blocked(info, chosen) if blocked else {}

        answer: Any = await moved(
            info,
            base,
            lambda: act(reason) if act else status_move(kind, name, reason),
            ids=ids,
            items=items,
            where=None if where is None else [*conditions(where), inputs.of_kind(kind)],
            expected_count=expected_count,
            on_error=on_error,
            dry_run=dry_run,
            blocked=ask if blocked else None,
        )
        if act:
            info.context.wake()
        return answer

    resolve.__annotations__ = {
        "info": Info,
        "ids": Optional[list[strawberry.ID]],  # noqa: UP045 - read at run time, where `|` of generics is not yet known
        "items": Optional[list[ItemInput]],  # noqa: UP045
        "where": Optional[filter],  # noqa: UP045
        "expected_count": Optional[int],  # noqa: UP045
        "on_error": Optional[OnError],  # noqa: UP045
        "dry_run": Optional[bool],  # noqa: UP045
        "reason": Optional[str],  # noqa: UP045
        "return": Moved[base],  # type: ignore[valid-type] # a type only at run time
    }
    return strawberry.mutation(resolver=resolve, description=description)
