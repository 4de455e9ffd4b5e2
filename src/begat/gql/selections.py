"""Mutations of a selection by ids, items or where: a line each where the kind is, one resolver here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any, Optional

import strawberry

from begat.change.many import Act, OnError
from begat.core.errors import Problem
from begat.find.lists import Condition
from begat.gql import inputs
from begat.gql.context import Info
from begat.gql.inputs import AssetFilter
from begat.gql.payloads import Fetch, ItemInput, Moved, moved

Blocked = Callable[[Info, Sequence[str]], Awaitable[dict[str, Problem]]]
Arguments = Mapping[str, Any]
"""The types of arguments by name; each may be left out, and is None then."""

REASON: Arguments = {"reason": str | None}


def selecting(
    base: type,
    prepare: Callable[..., Act],
    description: str,
    arguments: Arguments = REASON,
    *,
    filter: type = AssetFilter,
    conditions: Callable[[Any], Iterable[Condition]] = inputs.conditions,
    blocked: Blocked | None = None,
    fetch: Fetch[Any] | None = None,
    token: Callable[[Info, list[str]], Awaitable[str]] | None = None,
    wakes: bool = False,
) -> Any:
    """The mutation that does what ``prepare(info, **arguments)`` returns to a selection of ``base``.

    ``filter`` is the kind's own where, with what turns it into ``conditions``. ``blocked`` asks the platform what it
    has against single items, before anything is locked. ``fetch`` is said for what is no asset. ``token`` signs what a
    dry run showed. An act that ``wakes`` is followed by background work, which may have waited for it.
    """

    async def resolve(
        info: Info,
        ids: Any = None,
        items: Any = None,
        where: Any = None,
        expected_count: Any = None,
        on_error: Any = None,
        dry_run: Any = None,
        **rest: Any,
    ) -> Any:
        async def ask(chosen: Sequence[str]) -> dict[str, Problem]:
            return await blocked(info, chosen) if blocked else {}

        answer: Any = await moved(
            info,
            base,
            lambda: prepare(info, **{name: rest.get(name) for name in arguments}),
            ids=ids,
            items=items,
            where=None if where is None else conditions(where),
            expected_count=expected_count,
            on_error=on_error,
            dry_run=dry_run,
            blocked=ask if blocked else None,
            fetch=fetch,
        )
        if token and dry_run and not answer.errors:
            answer.token = await token(info, [outcome.id for outcome in answer.results])
        if wakes:
            info.context.wake()
        return answer

    types = {
        "ids": Optional[list[strawberry.ID]],  # noqa: UP045 - read at run time, where `|` of generics is not yet known
        "items": Optional[list[ItemInput]],  # noqa: UP045
        "where": Optional[filter],  # noqa: UP045
        "expected_count": Optional[int],  # noqa: UP045
        "on_error": Optional[OnError],  # noqa: UP045
        "dry_run": Optional[bool],  # noqa: UP045
        **arguments,
    }
    named = Parameter.KEYWORD_ONLY
    parameters = [Parameter(name, named, default=None, annotation=type) for name, type in types.items()]
    returned = Moved[base]  # type: ignore[valid-type] # a type only at run time
    signature = Signature([Parameter("info", named, annotation=Info), *parameters], return_annotation=returned)
    resolve.__signature__ = signature  # type: ignore[attr-defined] # what strawberry reads the arguments from
    resolve.__annotations__ = {"info": Info, **types, "return": returned}
    return strawberry.mutation(resolver=resolve, description=description)
