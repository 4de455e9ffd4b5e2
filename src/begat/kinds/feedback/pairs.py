"""Corrections become pairs of a training sheet: a generation of its own, which reviewers decide on as on any other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from begat.access.scope import Viewer, require
from begat.change import assets
from begat.change.many import Outcome
from begat.change.write import Change, Properties, write
from begat.core import canonical, ids
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.core.roles import Role
from begat.gql.columns import from_json, to_json
from begat.graph.driver import Graph
from begat.kinds.feedback.asked import question_of
from begat.kinds.feedback.kind import LABEL
from begat.kinds.qa_pair import kind as qa_pair
from begat.kinds.training_sheet.acts import next_number
from begat.kinds.training_sheet.kind import TRAINING_SHEET
from begat.kinds.training_sheet.rules import AnswerMethod

OPEN = ("DRAFT", "IN_REVIEW")
MOST = 1_000
"""Feedbacks of one act, which is one transaction."""

ADD, SKIP = "add", "skip"

_CLOSED = {
    "GENERATING": "Wait until its rows are made, or cancel that.",
    "FAILED": "Generate its rows again first.",
    "APPROVED": "Reopen the training sheet first.",
    "FINALIZED": "It is frozen for ever. Make a new training sheet of the same sheet and template, generate it where "
    "the old rows shall be in it, and add the corrections there.",
}


@dataclass
class Added:
    """What became of each feedback, in the order asked: action `add`, or `skip` where it was there already; and the
    generations that were made, one for each template version that worded questions."""

    outcomes: list[Outcome] = field(default_factory=list)
    generations: list[str] = field(default_factory=list)
    pairs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    """A pair to be: the feedback, its question, and the template version that words it."""

    feedback: Properties
    question: str
    template: str | None


async def add(
    graph: Graph, viewer: Viewer, id: str, chosen: Sequence[str], template: str | None, expected: int | None = None
) -> Added:
    """Makes a pair of the training sheet of each correction: the question as it was asked (with ``template``, as that
    words the same input), the correction as its answer, PENDING. A feedback has at most one pair in a training sheet.

    Raises NOT_FOUND, ILLEGAL_MOVE where the training sheet takes no pairs now, LIMIT for more than 1,000 feedbacks.
    """
    if len(chosen) > MOST:
        raise Problem(
            Code.LIMIT,
            f"{len(chosen)} corrections are more than the {MOST} that are added at once.",
            path=("feedbackIds",),
            hint="Send several requests, or narrow where.",
        )

    async def work(change: Change) -> Added:
        # The template too: the first use of a version freezes it, and an edit must not change it at that moment.
        wanted = [ids.check(id, "id"), *([] if template is None else [ids.check(template, "templateId")])]
        locked = await change.lock(wanted)
        node = _open(change, locked, id, expected)
        fixed = None if template is None else await _fixed(change, locked, template)
        feedbacks = await change.lock([one for one in chosen if _sound(one)], LABEL)
        there = await _there(change, id, list(feedbacks))
        added, rows = Added(), []
        for one in dict.fromkeys(chosen):
            feedback = feedbacks.get(one)
            try:
                if feedback is None:
                    raise not_found(one, "feedbackIds")
                if one not in there:
                    rows.append(_row(feedback, fixed))
            except Problem as problem:
                problem.id = problem.id or one
                status = None if feedback is None else feedback["status"]
                added.outcomes.append(Outcome(one, False, ADD, status, status, problem=problem))
            else:
                action = SKIP if one in there else ADD
                added.outcomes.append(
                    Outcome(one, True, action, feedback["status"], feedback["status"], feedback["revision"])
                )
        if rows:
            await _write(change, node, rows, added)
        return added

    return await write(graph, viewer, work)


def _open(change: Change, locked: Mapping[str, Properties], id: str, expected: int | None) -> Properties:
    node = locked.get(id)
    if node is None or node["kind"] != TRAINING_SHEET.name:
        raise not_found(id, "id")
    require(change.viewer, node["project"], Role.EDITOR, "id", id=id)
    assets.expect(node, expected)
    assets.refuse_retired(node)
    if node["status"] not in OPEN:
        raise Problem(
            Code.ILLEGAL_MOVE,
            f"Nothing can be added while its status is {node['status']}.",
            path=("id",),
            id=id,
            hint=_CLOSED.get(node["status"]),
        )
    return node


async def _fixed(change: Change, locked: Mapping[str, Properties], template: str) -> Properties:
    """The version that new work takes: the latest published one."""
    node = locked.get(template)
    if node is None:
        raise not_found(template, "templateId")
    if node["kind"] != "TEMPLATE":
        raise bad_input("This is no template.", "templateId", hint="Give a template's id.")
    if node["retention"] != "LIVE" or node["status"] == "DEPRECATED":
        state = "deprecated" if node["retention"] == "LIVE" else node["retention"].lower()
        raise Problem(
            Code.ILLEGAL_MOVE,
            f"The template is {state} and not for new work.",
            path=("templateId",),
            id=template,
            hint="Restore or reinstate it, or use another one.",
        )
    version = ids.immutable(template, "v", int(node.get("publishedVersion") or node["version"]))
    found: Properties = await change.read("MATCH (v:Version {id: $id}) RETURN properties(v)", id=version)
    return found


async def _there(change: Change, id: str, feedbacks: Sequence[str]) -> frozenset[str]:
    """Which of the feedbacks have a pair in the training sheet. It is locked, so that none is added meanwhile."""
    found = await change.read(
        "MATCH (p:QaPair) WHERE p.trainingSheet = $id AND p.feedback IN $feedbacks RETURN collect(p.feedback)",
        id=id,
        feedbacks=feedbacks,
    )
    return frozenset(found or ())


def _row(feedback: Properties, template: Properties | None) -> _Row:
    if feedback["status"] == "DISMISSED":
        raise Problem(Code.GUARD_FAILED, "It was dismissed.", hint="Reopen it first.")
    if feedback.get("correction") is None:
        raise Problem(Code.GUARD_FAILED, "It does not say what would be right.", hint="Give it a correction first.")
    if template is None:
        if feedback.get("question") is None:
            raise Problem(
                Code.GUARD_FAILED,
                "What was asked was not kept, so there is no question to go with the correction.",
                hint="Let the endpoint log its inputs; what was asked before cannot be had.",
            )
        return _Row(feedback, feedback["question"], feedback.get("templateVersion"))
    given = from_json(feedback["input"]) if feedback.get("input") and feedback.get("question") is not None else None
    question = question_of(given, template) if isinstance(given, dict) else None
    if question is None:
        raise Problem(
            Code.GUARD_FAILED,
            "What was asked was not kept, or not with all that the template asks for.",
            hint="Leave templateId out to take the question as it was asked.",
        )
    return _Row(feedback, question, template["id"])


async def _write(change: Change, node: Properties, rows: Sequence[_Row], added: Added) -> None:
    """One generation for each template version, with its pairs at the end of the training sheet."""
    last = await change.read(
        "MATCH (p:QaPair) WHERE p.trainingSheet = $id RETURN coalesce(max(p.position), 0)", id=node["id"]
    )
    groups: dict[str | None, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[row.template].append(row)
    position, first = int(last or 0), await next_number(change, node)
    for number, template in enumerate(sorted(groups, key=lambda one: one or ""), start=first):
        generation = ids.immutable(node["id"], "g", number)
        _generation(change, node, generation, number, template, groups[template])
        added.generations.append(generation)
        for row in groups[template]:
            position += 1
            added.pairs.append(_pair(change, node, generation, position, row))
    # The next generation, of whatever method, is numbered after these.
    latest = {"generation": added.generations[-1]}
    await assets.edit(change, TRAINING_SHEET, node, latest, "addFromFeedback")


def _generation(
    change: Change, node: Properties, id: str, number: int, template: str | None, rows: Sequence[_Row]
) -> None:
    content = [[row.feedback["id"], row.question, row.feedback["correction"]] for row in rows]
    change.create(
        ("Version", "Generation"),
        {
            "id": id,
            "asset": node["id"],
            "kind": "GENERATION",
            "project": node["project"],
            "number": number,
            "method": AnswerMethod.FEEDBACK.value,
            "rows": len(rows),
            "sha256": canonical.sha256(content),
            "templateVersion": template,
            "definition": to_json({"endpoints": sorted({row.feedback["endpoint"] for row in rows})}),
            "createdAt": change.at,
            "createdBy": change.viewer.name,
        },
    )
    change.join("OF", id, node["id"])
    if template is not None:
        change.link("PROMPTED_BY", id, template, "TemplateVersion")


def _pair(change: Change, node: Properties, generation: str, position: int, row: _Row) -> str:
    id, feedback = ids.new(qa_pair.PREFIX), row.feedback["id"]
    change.create(
        qa_pair.LABELS,
        {
            "id": id,
            "kind": qa_pair.NAME,
            "project": node["project"],
            "trainingSheet": node["id"],
            "position": position,
            "key": qa_pair.key(node["id"], position),
            "sheet": node["sheet"],
            # No row of the sheet was its source: it is named by what was.
            "itemRef": feedback,
            "sourceRow": qa_pair.source_row(node["sheet"], feedback),
            "question": row.question,
            "answer": row.feedback["correction"],
            "source": qa_pair.QaPairSource.FEEDBACK.value,
            "status": qa_pair.QaPairStatus.PENDING.value,
            "revision": 1,
            "generation": generation,
            "feedback": feedback,
            "createdAt": change.at,
            "updatedAt": change.at,
            "updatedBy": change.viewer.name,
        },
    )
    change.link("GENERATED_IN", id, generation, "Generation")
    change.link("CORRECTS", id, feedback, "Feedback")
    return id


def _sound(id: str) -> bool:
    try:
        ids.check(id)
    except Problem:
        return False
    return True
