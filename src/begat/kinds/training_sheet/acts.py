"""What is done to training sheets and to nothing else: made over pinned versions, described, generated, canceled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from begat.access.scope import require
from begat.change import assets
from begat.change.idempotency import once
from begat.change.many import Act
from begat.change.moves import status_move
from begat.change.write import Change, Properties, write
from begat.core import ids
from begat.core.errors import Code, Problem, Problems, bad_input, not_found
from begat.core.roles import Role
from begat.gql.columns import from_json, to_json
from begat.gql.common import check_new
from begat.gql.context import Context
from begat.gql.running import failure_json
from begat.kinds.endpoint.kind import ANSWERING
from begat.kinds.sheet.rules import Column
from begat.kinds.training_sheet import external, rules, writing
from begat.kinds.training_sheet.kind import TRAINING_SHEET
from begat.kinds.training_sheet.rules import AnswerMethod, Definition

ENDPOINT_PATH = ("input", "answer", "endpointId")
GENERATABLE = ("DRAFT", "FAILED", "GENERATING")
"""Statuses in which the answers that were paid for can still become pairs."""
LEFTOVERS = 20_000
"""Pairs of an earlier run that a cancel takes away at most."""
LEFT_AT_ONCE = 2_000
STILL_THERE = "It was canceled while many pairs of an earlier run, which failed, were being taken away."


@dataclass(frozen=True)
class NewTrainingSheet:
    """What a create names."""

    name: str
    sheet: str
    template: str
    definition: Definition
    description: str | None
    tags: Sequence[str]
    project: str | None
    key: str | None


async def create(context: Context, new: NewTrainingSheet) -> str:
    """A draft that pins the sheet's latest version and the template's published one; its id.

    Raises Problems that name every variable and column which the sheet does not provide, NOT_FOUND, ILLEGAL_MOVE for a
    sheet or template that is not for new work, and UNAVAILABLE for a chat where no chat service is configured.
    """
    common = check_new(new)
    if problems := rules.check(new.definition):
        raise Problems(problems)

    async def work(change: Change) -> str:
        async def act() -> str:
            if new.definition.answer.method is AnswerMethod.CHAT:
                _check_chat(context)
            project = await assets.project_of(change, new.project, Role.EDITOR)
            # Both are locked: the first use of a version freezes it, and an edit must not change it at that moment.
            wanted = [ids.check(new.sheet, "input", "sheetId"), _checked_template(new)]
            locked = await change.lock([*wanted, *await _answering(change, context, project, new.definition)])
            sheet = _usable(locked, new.sheet, "SHEET", "sheetId")
            template = _usable(locked, new.template, "TEMPLATE", "templateId")
            sheet_version = ids.immutable(sheet["id"], "v", sheet["version"])
            template_version = ids.immutable(template["id"], "v", _version_of(template))
            pinned = await _versions(change, [sheet_version, template_version])
            columns = [Column(**column) for column in from_json(pinned[sheet_version]["columns"])]
            if problems := rules.fit(new.definition, columns, pinned[template_version]):
                raise Problems(problems)
            if new.definition.answer.method is AnswerMethod.ENDPOINT:
                _check_endpoint(change, locked, new.definition.answer.endpoint or "")
            links = [
                ("BUILT_FROM", sheet_version, "SheetVersion"),
                ("PROMPTED_BY", template_version, "TemplateVersion"),
            ]
            properties: Properties = {
                **common,
                "sheet": sheet["id"],
                "template": template["id"],
                "sheetVersion": sheet_version,
                "templateVersion": template_version,
                "labelType": pinned[template_version].get("labelType"),
                "definition": to_json(new.definition.as_json()),
            }
            if new.definition.answer.method is AnswerMethod.CHAT:
                model = await external.ensure(change, project, *_chat(context, new.definition), locked)
                properties["modelVersion"] = model
                links.append(("ANSWERED_BY", model, "ModelVersion"))
            node = await assets.create(change, TRAINING_SHEET, project, properties, links=links)
            return str(node["id"])

        input = {**asdict(new), "definition": new.definition.as_json()}
        return str(await once(change, new.key, "trainingSheetCreate", input, act))

    return await write(context.graph, context.viewer, work)


async def update(context: Context, id: str, named: dict[str, Any], expected: int | None) -> str:
    """Changes what ``named`` names: name, description, tags and owner. What it is made of stays as it was made."""

    async def work(change: Change) -> str:
        node = await change.lock_one(id, "id", label="TrainingSheet")
        require(change.viewer, node["project"], Role.EDITOR, id=id)
        assets.expect(node, expected)
        assets.refuse_retired(node)
        return str((await assets.edit(change, TRAINING_SHEET, node, named, "update"))["id"])

    return await write(context.graph, context.viewer, work)


def generate(reason: str | None = None) -> Act:
    """Begins a generation: background work makes the pairs. Pairs of a run that failed are made anew."""

    async def also(change: Change, node: Properties) -> Properties:
        generation = ids.immutable(node["id"], "g", await next_number(change, node))
        return {
            "generation": generation,
            "run": generation,
            "progressDone": 0,
            "progressTotal": 0,
            "startedAt": change.at,
            "finishedAt": None,
            "failure": None,
        }

    return status_move(TRAINING_SHEET, "generate", reason, also=also)


def cancel(reason: str | None = None) -> Act:
    """Ends a generation: pairs that were made are kept and can be reviewed; where none were, it is a draft again."""

    async def also(change: Change, node: Properties) -> Properties:
        id, generation = node["id"], node["generation"]
        made = await writing.counted(change.read, id, generation)
        if made:
            change.set(generation, {"rows": made})
            return {"status": "IN_REVIEW", "progressDone": made, "finishedAt": change.at}
        # A draft has none of the pairs that an earlier run, which failed, left and this one was just taking away.
        for _ in range(LEFTOVERS // LEFT_AT_ONCE):
            if not await discard(change, id, generation, LEFT_AT_ONCE):
                await forget(change, id, generation)
                return {"status": "DRAFT", "progressDone": 0, "finishedAt": change.at}
        failure = failure_json(Problem(Code.CONFLICT, STILL_THERE, hint="Generate it again."))
        return {"status": "FAILED", "failure": failure, "progressDone": 0, "finishedAt": change.at}

    return status_move(TRAINING_SHEET, "cancel", reason, also=also)


async def discard(change: Change, id: str, generation: str, most: int) -> int:
    """Takes away at most so many pairs of other generations than this; how many these were. What corrections became
    stays: no run made it."""
    return int(
        await change.read(
            "MATCH (p:QaPair) WHERE p.trainingSheet = $id AND p.generation <> $generation AND p.feedback IS NULL "
            "WITH p LIMIT $most DETACH DELETE p RETURN count(*)",
            id=id,
            generation=generation,
            most=most,
        )
        or 0
    )


async def forget(change: Change, id: str, generation: str) -> None:
    """Takes away the other generations, whose pairs are gone."""
    await change.read(
        "MATCH (g:Version) WHERE g.asset = $id AND g:Generation AND g.id <> $generation AND g.method <> $feedback "
        "DETACH DELETE g RETURN count(*)",
        id=id,
        generation=generation,
        feedback=AnswerMethod.FEEDBACK.value,
    )


async def next_number(change: Change, node: Properties) -> int:
    """The number of the locked training sheet's next generation, whoever made the ones before."""
    last = await change.read(
        "MATCH (g:Version) WHERE g.asset = $id AND g:Generation RETURN coalesce(max(g.number), 0)", id=node["id"]
    )
    return 1 + max(int(last or 0), number_of(node))


def number_of(node: Properties) -> int:
    """The number of the training sheet's latest generation; 0 before the first."""
    generation = node.get("generation")
    return int(generation.rpartition(":g")[2]) if generation else 0


def _check_chat(context: Context) -> None:
    if context.platform.chat is None or context.settings.chat_url is None:
        raise Problem(
            Code.UNAVAILABLE,
            "No chat service is configured, so no model can answer.",
            path=("input", "answer", "chat"),
            hint="Start begat with BEGAT_CHAT_URL, or answer by a column.",
        )


def _checked_template(new: NewTrainingSheet) -> str:
    return ids.check(new.template, "input", "templateId")


def _usable(locked: dict[str, Properties], id: str, kind: str, field: str) -> Properties:
    """The locked asset, where new work may use it."""
    path = ("input", field)
    node = locked.get(id)
    if node is None:
        raise not_found(id, *path)
    noun = kind.lower()
    if node["kind"] != kind:
        raise bad_input(f"This is no {noun}.", *path, hint=f"Give a {noun}'s id.")
    if node["retention"] != "LIVE":
        raise Problem(
            Code.ILLEGAL_MOVE,
            f"The {noun} is {node['retention'].lower()} and not for new work.",
            path=path,
            id=id,
            hint="Restore it first.",
        )
    if node["status"] == "DEPRECATED":
        raise Problem(
            Code.ILLEGAL_MOVE,
            f"The {noun} is deprecated and not for new work.",
            path=path,
            id=id,
            hint="Reinstate it, or use another one.",
        )
    return node


def _version_of(template: Properties) -> int:
    """What new work takes: the latest published version, or of a draft that never was published the latest one."""
    return int(template.get("publishedVersion") or template["version"])


async def _versions(change: Change, wanted: list[str]) -> dict[str, Properties]:
    found = await change.read("MATCH (v:Version) WHERE v.id IN $ids RETURN collect(properties(v))", ids=wanted)
    return {node["id"]: node for node in found}


async def _answering(change: Change, context: Context, project: str, definition: Definition) -> list[str]:
    """What answers, to be locked with the sheet and the template."""
    answer = definition.answer
    if answer.method is AnswerMethod.CHAT:
        return await external.known(change, project, *_chat(context, definition))
    return [ids.check(answer.endpoint or "", *ENDPOINT_PATH)] if answer.method is AnswerMethod.ENDPOINT else []


def _check_endpoint(change: Change, locked: dict[str, Properties], id: str) -> None:
    """Raises a Problem unless the endpoint answers, and answers the caller."""
    node = locked.get(id)
    if node is None:
        raise not_found(id, *ENDPOINT_PATH)
    if node["kind"] != "ENDPOINT":
        raise bad_input("This is no endpoint.", *ENDPOINT_PATH, hint="Give an endpoint's id.")
    require(change.viewer, node["project"], Role.REVIEWER, *ENDPOINT_PATH, id=id)
    if node["retention"] != "LIVE" or node["status"] not in ANSWERING or "version" not in node:
        status = node["status"] if node["retention"] == "LIVE" else node["retention"]
        message = f"The endpoint is {status} and does not answer."
        raise Problem(Code.ILLEGAL_MOVE, message, path=ENDPOINT_PATH, id=id, hint="Deploy or start it first.")


def _chat(context: Context, definition: Definition) -> tuple[str, str]:
    """The chat service's address and the model's name."""
    assert context.settings.chat_url is not None  # noqa: S101 - _check_chat has asked, for the type checker
    assert definition.answer.model is not None  # noqa: S101 - rules.check has asked
    return context.settings.chat_url, definition.answer.model.strip()
