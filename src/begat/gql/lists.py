"""A kind's list as a query: one line each where the kind is, one resolver here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, Optional

import strawberry

from begat.find.lists import Condition, Order
from begat.gql import inputs
from begat.gql.connections import Connection, listing
from begat.gql.context import Info
from begat.gql.inputs import AssetFilter, AssetOrder
from begat.gql.rows import ByKind


def listed(
    base: type,
    description: str,
    *,
    filter: type = AssetFilter,
    conditions: Callable[[Any], Iterable[Condition]] = inputs.conditions,
    orders: type[Enum] = AssetOrder,
    order: Callable[[Any], Order] = inputs.order,
    kind: ByKind[Any] | None = None,
) -> Any:
    """The query of the nodes of ``base``, whose name is their label, by where, orderBy, first and after.

    ``filter`` and ``orders`` are the kind's own inputs, each with what it means. ``kind`` says the types of the nodes
    where they are not just ``base``.
    """

    async def resolve(info: Info, where: Any = None, order_by: Any = None, first: int = 50, after: Any = None) -> Any:
        return await listing(
            info,
            base,
            base.__name__,
            kind or base,
            conditions(where),
            order=order(order_by),
            first=first,
            after=after,
        )

    resolve.__annotations__ = {
        "info": Info,
        "where": Optional[filter],  # noqa: UP045 - read at run time
        "order_by": Optional[orders],  # noqa: UP045
        "first": int,
        "after": Optional[str],  # noqa: UP045
        "return": Connection[base],  # type: ignore[valid-type] # a type only at run time
    }
    return strawberry.field(resolver=resolve, description=description)
