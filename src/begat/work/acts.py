"""Every act that may go on as a bulk job, by the name that its jobs keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from begat.change import moves
from begat.change.bulk import Acts
from begat.change.many import Act
from begat.core.kind import Kind
from begat.core.retention import SOURCES
from begat.kinds.feedback import kind as feedback
from begat.kinds.feedback import moves as feedback_moves
from begat.kinds.improvement_task import acts as improvement
from begat.kinds.improvement_task.kind import IMPROVEMENT_TASK
from begat.kinds.qa_pair import regeneration
from begat.kinds.registry import KINDS
from begat.review import assignments, decisions
from begat.review.rules import VERDICTS

Arguments = Mapping[str, Any]


def _status_move(kind: Kind, name: str) -> Callable[[Arguments], Act]:
    return lambda arguments: moves.status_move(kind, name, arguments["reason"])


def _retention_move(name: str) -> Callable[[Arguments], Act]:
    def make(arguments: Arguments) -> Act:
        planned = {id: (int(revision), str(impact)) for id, (revision, impact) in arguments["planned"].items()}
        return moves.retention_move(KINDS, name, arguments["reason"], planned=planned)

    return make


def _verdict(name: str) -> Callable[[Arguments], Act]:
    return lambda arguments: decisions.decide(name, arguments["reason"])


def _feedback(name: str) -> Callable[[Arguments], Act]:
    return lambda arguments: feedback_moves.move(name, arguments["reason"])


ACTS: Acts = {
    **{
        f"{kind.name}.{move.name}": _status_move(kind, move.name)
        for kind in KINDS.values()
        for move in kind.lifecycle.moves
        if not move.platform
    },
    **{f"ASSET.{name}": _retention_move(name) for name in SOURCES},
    **{f"{feedback.NAME}.{move.name}": _feedback(move.name) for move in feedback.LIFECYCLE.moves},
    **{f"QA_PAIR.{name}": _verdict(name) for name in VERDICTS},
    "QA_PAIR.regenerate": lambda arguments: regeneration.regenerate(arguments["token"], arguments["reason"]),
    "QA_PAIR.regenerateCancel": lambda arguments: regeneration.cancel(arguments["reason"]),
    f"{IMPROVEMENT_TASK.name}.assign": lambda arguments: improvement.assign(arguments["assignee"], arguments["reason"]),
    "QA_PAIR.reopen": lambda arguments: decisions.reopen(arguments["reason"]),
    "QA_PAIR.assign": lambda arguments: assignments.assign(arguments["reviewer"]),
    "ASSET.tag": lambda arguments: moves.tag(KINDS, arguments["add"], arguments["remove"]),
}
