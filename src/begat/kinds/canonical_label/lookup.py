"""Which labels answer for these items: the question that generation asks, and the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from begat.access.scope import SCOPE, Viewer
from begat.core.errors import Code, Problem, not_found
from begat.core.ids import check
from begat.gql.columns import rows
from begat.graph.driver import Graph
from begat.graph.statement import fill, projection
from begat.kinds.canonical_label.rules import check_item_ref, check_label_type, source_row_of

MOST = 1_000


async def lookup(
    graph: Graph,
    viewer: Viewer,
    sheet: str,
    label_type: str,
    item_refs: Sequence[str],
    columns: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """The columns of each item's label, by item reference; items without a label are missing. One statement.

    Labels in the trash and rejected ones are not found. Raises NOT_FOUND for the sheet, LIMIT for more than 1,000 items
    and BAD_INPUT for what can be no item reference or label type.
    """
    if len(item_refs) > MOST:
        raise Problem(
            Code.LIMIT,
            f"{len(item_refs)} items are more than the {MOST} of one lookup.",
            path=("itemRefs",),
            hint="Send several requests.",
        )
    names = tuple(dict.fromkeys((*columns, "n.itemRef")))
    found = await graph.read(
        fill(__package__, "lookup", projection=projection(names), scope=SCOPE),
        sheet=check(sheet, "sheetId"),
        labelType=check_label_type(label_type, "labelType"),
        rows=list(
            dict.fromkeys(
                source_row_of(sheet, check_item_ref(ref, "itemRefs", place)) for place, ref in enumerate(item_refs)
            )
        ),
        **viewer.scope,
    )
    if found is None:
        raise not_found(sheet, "sheetId")
    return {row["n.itemRef"]: row for row in rows(names, found)}
