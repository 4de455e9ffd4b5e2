"""What a run has still to make: the table as read, what is made already, and whom it asks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import anyio.to_thread

from begat.change.background import Background
from begat.change.write import Change, Properties
from begat.core import ids
from begat.core.errors import Code, Problem, Problems, bad_input
from begat.kinds.sheet.rows import Item
from begat.kinds.training_sheet import acts, content, served, writing
from begat.kinds.training_sheet.asking import Asking
from begat.kinds.training_sheet.content import Content, Pinned
from begat.kinds.training_sheet.rules import AnswerMethod
from begat.kinds.training_sheet.served import Pin, Served
from begat.kinds.training_sheet.writing import Run

log = logging.getLogger("begat.generation")
T = TypeVar("T")

PAUSE = 0.2
"""Seconds until a run is looked at again that may ask nothing now."""
DISCARDED = 1_000
"""Pairs of an earlier run that one transaction takes away."""


class Refused(Exception):  # noqa: N818 - carries a problem of the platform's, apart from those of the graph
    """The platform, or what strangers wrote, does not let the run go on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


Asker = Asking | Served


@dataclass(frozen=True)
class Asked:
    """Who asks for a run; ``pin`` where that is an endpoint."""

    asking: Asker | None = None
    pin: Pin | None = None


@dataclass
class Plan:
    """A run with what is still to be made, in order."""

    run: Run
    pinned: Pinned
    asking: Asker | None
    """Where a model answers."""
    rest: list[Item]
    made: int
    last: int
    """The last position that was given."""
    total: int = field(init=False)

    def __post_init__(self) -> None:
        self.total = self.made + len(self.rest)


async def make(work: Background, id: str, run: str) -> Plan:
    """Reads the table and finds out what is made already; pairs of a run over other content are taken away."""
    node, pinned = await definition(work, id)
    read = await outside(partial(content.read, work.platform.tables, pinned))
    method = pinned.definition.answer.method
    chosen = await _labelled(work, node, pinned, read) if method is AnswerMethod.LABELS_ONLY else read.items
    generation = await _begin(work, id, run, read.sha256)
    await _discard(work, id, generation)
    there = await work.graph.read(
        "MATCH (p:QaPair) WHERE p.trainingSheet = $id RETURN collect([p.itemRef, p.position, p.feedback IS NULL])",
        id=id,
    )
    made = {ref for ref, _, of_row in there if of_row}
    # Named after what somebody began: over a table that changed it is another generation, and asks nothing anew.
    begun = journal_name(node.get("run", run))
    earlier = await outside(partial(work.platform.journals.runs, id)) if method is AnswerMethod.CHAT else []
    asked = await asker(work, node, pinned, begun, generation, earlier)
    return Plan(
        run_of(node, pinned, generation, read.sha256, asked.pin),
        pinned,
        asked.asking,
        [item for item in chosen if item.item_ref not in made],
        len(made),
        max((position for _, position, _ in there), default=0),
    )


async def definition(work: Background, id: str) -> tuple[Properties, Pinned]:
    """The training sheet and what it was made over."""
    node, sheet, template = await work.graph.read(
        "MATCH (n:TrainingSheet {id: $id}) WITH n MATCH (s:Version {id: n.sheetVersion}) WITH n, s "
        "MATCH (t:Version {id: n.templateVersion}) RETURN [properties(n), properties(s), properties(t)]",
        id=id,
    )
    return node, Pinned.of(sheet, template, node["definition"])


def run_of(node: Properties, pinned: Pinned, generation: str, sha256: str, pin: Pin | None) -> Run:
    """The run that makes this generation of the training sheet."""
    models = (node["modelVersion"],) if "modelVersion" in node else ()
    return Run(
        node["id"],
        generation,
        node["project"],
        node["sheet"],
        node["sheetVersion"],
        node["templateVersion"],
        models if pin is None else pin.models,
        node["definition"],
        pinned.definition.answer.method,
        pinned.label_type,
        sha256,
        None if pin is None else pin.version,
    )


def journal_name(generation: str) -> str:
    """``g3`` of ``tsheet_01j...:g3``."""
    return generation.rpartition(":")[2]


async def asker(
    work: Background,
    node: Properties,
    pinned: Pinned,
    begun: str,
    generation: str | None,
    earlier: Sequence[str] = (),
) -> Asked:
    """Who asks for a run that was ``begun`` under this name: nobody, the chat with its journal, or the endpoint's
    deployment that the generation is pinned to. Answers of ``earlier`` journals are used and not asked for again."""
    answer, id = pinned.definition.answer, node["id"]
    if answer.method is AnswerMethod.ENDPOINT:
        pin = await served.pin(work, answer.endpoint or "", generation)
        return Asked(Served(work, pin), pin)
    if answer.method is not AnswerMethod.CHAT:
        return Asked()
    chat = work.platform.chat
    if chat is None:
        hint = "Start begat with BEGAT_CHAT_URL, then generate again."
        raise Refused(Problem(Code.UNAVAILABLE, "No chat service is configured, so no model can answer.", hint=hint))
    journal = await outside(partial(work.platform.journals.open, id, begun, earlier))
    return Asked(Asking(chat, pinned, journal, f"{id}:{begun}"))


async def outside(call: Callable[[], T]) -> T:
    """Runs what touches the platform or strangers' text in a thread; whatever it refuses ends the run, readably."""
    try:
        return await anyio.to_thread.run_sync(call)
    except Problem as problem:
        raise Refused(problem) from problem
    except Problems as several:
        raise Refused(several.problems[0]) from several
    except Exception as fault:
        log.exception("a fault in a generation")
        raise Refused(fault_problem()) from fault


def fault_problem() -> Problem:
    """What is said of a fault of begat's own."""
    return Problem(Code.PLATFORM, "A fault of begat's stopped it; the log says which.")


async def _labelled(work: Background, node: Properties, pinned: Pinned, read: Content) -> list[Item]:
    """The rows that have a canonical label."""
    labelled = set(
        await work.graph.read(
            f"MATCH (l:CanonicalLabel) WHERE l.sheet = $sheet AND {writing.ANSWERS} RETURN collect(l.itemRef)",
            sheet=node["sheet"],
            label_type=pinned.label_type,
            project=node["project"],
        )
    )
    chosen = [item for item in read.items if item.item_ref in labelled]
    if not chosen:
        hint = f"Import labels of the type {pinned.label_type!r} first."
        raise Refused(bad_input("None of the rows has a canonical label.", hint=hint))
    return chosen


async def _begin(work: Background, id: str, run: str, sha256: str) -> str:
    """The generation to write into: the run's own or, where that was begun over other content, a next one."""

    async def write(change: Change) -> str:
        node = await change.lock_one(id)
        writing.check(node, run)
        begun = await change.read("MATCH (g:Version {id: $id}) RETURN g.sha256", id=run)
        if begun is None or begun == sha256:
            return run
        generation = ids.immutable(id, "g", await acts.next_number(change, node))
        change.set(id, {"generation": generation, "progressDone": 0})
        return generation

    return await work.write(write)


async def _discard(work: Background, id: str, generation: str) -> None:
    """Takes away what an earlier run left: nobody could decide on it, as the training sheet never was in review."""

    async def write(change: Change) -> int:
        node = await change.lock_one(id)
        writing.check(node, generation)
        return await acts.discard(change, id, generation, DISCARDED)

    async def forget(change: Change) -> None:
        node = await change.lock_one(id)
        writing.check(node, generation)
        await acts.forget(change, id, generation)

    while await work.write(write):
        pass
    if generation != ids.immutable(id, "g", 1):
        await work.write(forget)
