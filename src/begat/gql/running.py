"""Long work: how far it is, when it began and ended, and why it failed."""

from __future__ import annotations

from typing import Any

import strawberry

from begat.core.errors import Code, Problem
from begat.gql.columns import column, from_json, mentioning, needs, to_json
from begat.gql.context import Row
from begat.gql.errors import ErrorCode
from begat.gql.scalars import BigInt, DateTime


@strawberry.type(description="How far long work is.")
class Progress:
    """0 of 0 before the total is known."""

    done: BigInt = strawberry.field(description="Steps that are done (for rows: rows).")
    total: BigInt = strawberry.field(description="Steps that there are in all; 0 before that is known.")


@strawberry.type(description="Why work that had begun did not end well.")
class Failure:
    """Kept as JSON text `{code, message}`."""

    code: ErrorCode = strawberry.field(description="The sort of reason.")
    message: str = strawberry.field(description="The reason in words, for people.")


def failure_json(problem: Problem) -> str:
    """A problem as the property `failure` keeps it."""
    hint = f" {problem.hint}" if problem.hint else ""
    return to_json({"code": problem.code.value, "message": problem.message + hint})


def failed(description: str) -> Any:
    """The field of the property `failure`."""
    return mentioning("n.failure", Failure | None, description, from_json, _failure)


def _failure(value: dict[str, str]) -> Failure:
    return Failure(code=Code(value["code"]), message=value["message"])


@strawberry.interface(description="Work that goes on after the answer: poll it, or subscribe to its asset.")
class LongRunning:
    """A row of a node with progressDone, progressTotal, startedAt, finishedAt and failure."""

    row: strawberry.Private[Row]

    started_at: DateTime | None = column("n.startedAt", "When the latest run of it began; null where none did.")
    finished_at: DateTime | None = column("n.finishedAt", "When that ended; null while it runs.")
    failure: Failure | None = failed("Why it failed; null where it did not.")

    @strawberry.field(
        description="How far it is; null where it never began.", metadata=needs("n.progressDone", "n.progressTotal")
    )
    def progress(self) -> Progress | None:
        done, total = self.row["n.progressDone"], self.row["n.progressTotal"]
        return None if total is None else Progress(done=BigInt(done or 0), total=BigInt(total))
