"""What is done to monitors: made, changed, resumed, silenced. The loop in `work` lets them fire and recover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from begat.access.scope import require
from begat.change import assets
from begat.change.idempotency import answered, once
from begat.change.many import Act
from begat.change.moves import status_move
from begat.change.write import Change, Properties, write
from begat.core import times
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.core.ids import check as check_id
from begat.core.roles import Role
from begat.core.text import check_reason
from begat.gql.common import check_new
from begat.gql.context import Context
from begat.kinds.monitor import rules
from begat.kinds.monitor.alarm import due
from begat.kinds.monitor.kind import MONITOR

BOUNDS = ("above", "below", "recoverBelow", "recoverAbove", "minSamples", "forWindows", "window")
"""Settings that make another watch of it: it begins anew."""


@dataclass(frozen=True)
class NewMonitor:
    """What a create names; ``settings`` go by the names of the properties."""

    name: str
    endpoint: str
    settings: Mapping[str, Any]
    description: str | None
    tags: Sequence[str]
    project: str | None
    key: str | None


def filled(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with their defaults, checked; raises Problems."""
    found = {"minSamples": rules.DEFAULT_SAMPLES, "forWindows": 1}
    found |= {name: value for name, value in settings.items() if value is not None}
    rules.check(found)
    return found


async def create(context: Context, new: NewMonitor) -> str:
    """A monitor, ACTIVE, that watches from the window on in which it was made; its id."""
    common, input = check_new(new), asdict(new)
    settings = filled(new.settings)
    if (before := await answered(context.graph, context.viewer, new.key, "monitorCreate", input)) is not None:
        return str(before)
    _check_outside(context, settings)
    _refuse_past(settings.get("silencedUntil"), "input", "silencedUntil")

    async def work(change: Change) -> str:
        async def act() -> str:
            endpoint = await _endpoint(change, new.endpoint)
            if new.project not in (None, endpoint["project"]):
                hint = "Leave projectId out."
                raise bad_input("A monitor is in its endpoint's project.", "input", "projectId", hint=hint)
            require(change.viewer, endpoint["project"], MONITOR.create_role, "input", "endpointId")
            properties = {**common, "endpoint": endpoint["id"], **settings, **_anew(change.at, settings["window"])}
            links = [("WATCHES", endpoint["id"], "Endpoint")]
            return str((await assets.create(change, MONITOR, endpoint["project"], properties, links=links))["id"])

        return str(await once(change, new.key, "monitorCreate", input, act))

    id = await write(context.graph, context.viewer, work)
    context.wake()
    return id


async def update(
    context: Context, id: str, named: Mapping[str, Any], settings: Mapping[str, Any], expected: int | None
) -> str:
    """Changes what is named; other bounds begin the watch anew, with no breach in a row."""

    async def work(change: Change) -> str:
        node = await change.lock_one(id, "id", label="Monitor")
        require(change.viewer, node["project"], Role.EDITOR, id=id)
        assets.expect(node, expected)
        assets.refuse_retired(node)
        for needed in ("window", "minSamples", "forWindows"):
            if needed in settings and settings[needed] is None:
                raise bad_input(f"{needed} cannot be null.", "input", needed, hint="Leave it out to keep it.")
        wanted = {name: settings.get(name, node.get(name)) for name in ("metric", *BOUNDS)}
        rules.check(wanted)
        _check_outside(context, settings)
        changes = {**named, **settings}
        if any(wanted[name] != node.get(name) for name in BOUNDS):
            # An alarm lasts until a window by the new bounds ends it, so when it fired stays.
            changes |= {**_anew(change.at, wanted["window"]), "breachedAt": node.get("breachedAt")}
        return str((await assets.edit(change, MONITOR, node, changes, "update"))["id"])

    return await write(context.graph, context.viewer, work)


def pause(reason: str | None) -> Act:
    """It does not look any more."""
    return status_move(MONITOR, "pause", reason, breaches=0, breachedAt=None)


def resume(reason: str | None) -> Act:
    """It looks again, from the present window on: what happened meanwhile was not to be watched."""

    async def also(change: Change, node: Properties) -> Properties:
        return _anew(change.at, node["window"])

    return status_move(MONITOR, "resume", reason, also=also)


def _refuse_past(until: str | None, *path: str) -> None:
    if until is not None and until <= times.now():
        raise bad_input("This moment is past.", *path, hint="Name a later one, or null to end the silence.")


def silence(until: str | None, reason: str | None) -> Act:
    """Until then alarms send no webhook, and still show; None lifts it. Raises BAD_INPUT for a moment that is past."""
    _refuse_past(until, "until")
    said = check_reason(reason)

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        if node["kind"] != MONITOR.name:
            raise Problem(Code.BAD_INPUT, "This is no monitor.", id=node["id"])
        assets.refuse_retired(node)
        return await assets.edit(change, MONITOR, node, {"silencedUntil": until}, "silence", reason=said)

    return Act("silence", Role.EDITOR, apply)


def _anew(at: str, seconds: int) -> Properties:
    since = rules.begin(at, seconds)
    return {"lastAt": since, "breaches": 0, "breachedAt": None, **due(since, seconds)}


def _check_outside(context: Context, settings: Mapping[str, Any]) -> None:
    if settings.get("webhook") is not None:
        context.platform.webhooks.check(settings["webhook"], "input", "webhook")


async def _endpoint(change: Change, id: str) -> Properties:
    """The endpoint, locked, as its state decides."""
    path = ("input", "endpointId")
    node = (await change.lock([check_id(id, *path)], "Asset")).get(id)
    if node is None:
        raise not_found(id, *path)
    if node["kind"] != "ENDPOINT":
        raise bad_input("This is no endpoint.", *path, hint="Give an endpoint's id.")
    if node["retention"] != "LIVE":
        raise Problem(
            Code.ILLEGAL_MOVE, f"The endpoint is {node['retention'].lower()}.", path=path, id=id, hint="Restore it."
        )
    return node
