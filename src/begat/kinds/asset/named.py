"""Assets and immutable nodes that an answer names by id, as the current field selects them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from begat.gql import asset, versions
from begat.gql.asset import Asset
from begat.gql.columns import selected
from begat.gql.context import Info

A = TypeVar("A", bound=Asset)
V = TypeVar("V", bound=versions.Version)


async def named_assets(info: Info, base: type[A], wanted: Sequence[str]) -> list[A]:
    """The assets of these ids that are in scope and of this type, with all others of the level in one statement."""
    columns = selected(info, base)
    found = await asyncio.gather(*(info.context.batch(asset.load, id, columns) for id in wanted))
    return [one for one in found if isinstance(one, base)]


async def named_versions(
    info: Info, base: type[V], label: str, wanted: Sequence[str], columns: tuple[str, ...] | None = None
) -> list[V]:
    """As `named_assets`, for immutable nodes of the label; ``columns`` where another than the current field selects."""
    chosen = selected(info, base) if columns is None else columns
    found = await asyncio.gather(*(info.context.batch(versions.by_id, id, label, chosen) for id in wanted))
    return [base(row=row) for row in found if row is not None]
