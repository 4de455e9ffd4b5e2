"""SourceTable: a table, view or file of the platform's; where every trace ends."""

from begat.core.kind import Kind
from begat.core.lifecycle import Lifecycle, Move, states

SOURCE_TABLE = Kind(
    name="SOURCE_TABLE",
    label="SourceTable",
    prefix="table",
    noun="source table",
    lifecycle=Lifecycle(
        "AVAILABLE",
        (
            Move("vanish", states("AVAILABLE"), "MISSING", platform=True),
            Move("appear", states("MISSING"), "AVAILABLE", platform=True),
        ),
    ),
    retained=False,
)
