"""What is done to endpoints: deployed, updated, rolled back, started again. The loop in `work` makes it happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from begat.access.scope import require
from begat.change import assets
from begat.change.idempotency import once
from begat.change.many import Act
from begat.change.moves import status_move
from begat.change.write import Change, Properties, write
from begat.core.errors import Code, Problem, bad_input
from begat.core.lifecycle import illegal
from begat.core.roles import Role
from begat.gql.common import check_common, check_new
from begat.gql.context import Context
from begat.kinds.endpoint import config as configs
from begat.kinds.endpoint import deployments
from begat.kinds.endpoint.config import Config
from begat.kinds.endpoint.kind import ENDPOINT

REST = ("FAILED", "STOPPED")
"""Where nothing serves and nothing waits: the same configuration deployed again makes a difference."""


@dataclass(frozen=True)
class NewEndpoint:
    """What a deploy names. ``settings`` are fields of Config, traffic among them."""

    name: str
    settings: Mapping[str, Any]
    description: str | None
    tags: Sequence[str]
    project: str | None
    key: str | None


async def deploy(context: Context, new: NewEndpoint) -> str:
    """An endpoint, DEPLOYING its first version; its id. Raises Problems, DUPLICATE for a name that the project has."""
    common = check_new(new)
    config = configs.changed(Config(()), new.settings)

    async def work(change: Change) -> str:
        async def act() -> str:
            project = await assets.project_of(change, new.project, Role.OPERATOR)
            properties = {**common, "healthStatus": "UNKNOWN", "pendingVersion": 1, "lastVersion": 1}
            properties["key"] = await _free(change, project, common["name"])
            node = await assets.create(change, ENDPOINT, project, properties, action="deploy")
            await deployments.begin(change, {"id": node["id"], "project": project}, config)
            return str(node["id"])

        return str(await once(change, new.key, "endpointDeploy", asdict(new), act))

    return await write(context.graph, context.viewer, work)


async def update(
    context: Context,
    id: str,
    named: Mapping[str, Any],
    settings: Mapping[str, Any],
    expected: int | None,
    key: str | None = None,
) -> str:
    """Changes what ``named`` names (name, description, tags, owner); what ``settings`` (fields of Config) changes of
    the configuration is deployed as the next version, and starts an endpoint that was stopped."""

    async def work(change: Change) -> str:
        async def act() -> str:
            node = await _operable(change, id, expected)
            wanted = check_common(dict(named))
            if wanted.get("name", node["name"]) != node["name"]:
                wanted["key"] = await _free(change, node["project"], wanted["name"])
            action, status = "update", None
            if settings:
                _, config = await deployments.base(change, node)
                after = configs.changed(config, settings)
                if after != config or node["status"] in REST:
                    action = _deploying(node)
                    status = ENDPOINT.lifecycle.move(action).target
                    wanted |= await deployments.begin(change, node, after)
            return str((await assets.edit(change, ENDPOINT, node, wanted, action, status=status))["id"])

        # Settings hold Share values, which JSON knows as their fields.
        return str(await once(change, key, "endpointUpdate", [id, dict(named), _plain(settings), expected], act))

    return await write(context.graph, context.viewer, work)


async def rollback(context: Context, id: str, to: int | None, expected: int | None, key: str | None) -> str:
    """Deploys the configuration of an earlier version as the next one: of version ``to``, or where unsaid of the one
    that was live before the one that serves (of a stopped endpoint: before the last that did)."""

    async def work(change: Change) -> str:
        async def act() -> str:
            node = await _operable(change, id, expected)
            number = to
            if number is None:
                serving = node.get("version") or await deployments.last_live(change, node)
                number = None if serving is None else await deployments.last_live(change, node, serving)
            if number is None:
                hint = "Deploy other traffic by endpointUpdate."
                raise Problem(Code.GUARD_FAILED, "No earlier version was live.", path=("toVersion",), id=id, hint=hint)
            config = await deployments.numbered(change, node, number) if 0 < number <= node["lastVersion"] else None
            if config is None:
                raise bad_input(f"There is no version {number}.", "toVersion", hint="See the endpoint's versions.")
            move = _deploying(node)
            begun = await deployments.begin(change, node, config, source=number)
            target = ENDPOINT.lifecycle.move(move).target
            return str((await assets.edit(change, ENDPOINT, node, begun, "rollback", status=target))["id"])

        return str(await once(change, key, "endpointRollback", [id, to, expected], act, ("idempotencyKey",)))

    return await write(context.graph, context.viewer, work)


def stop(reason: str | None = None) -> Act:
    """Ends the serving: nothing answers from now on, and the loop puts down what was in memory."""
    return status_move(ENDPOINT, "stop", reason)


def again(move: str, reason: str | None) -> Act:
    """redeploy or start: the configuration that is there, as the next version."""

    async def also(change: Change, node: Properties) -> Properties:
        number, config = await deployments.base(change, node)
        return await deployments.begin(change, node, config, source=number)

    return status_move(ENDPOINT, move, reason, also=also)


async def _operable(change: Change, id: str, expected: int | None) -> Properties:
    """The endpoint, locked, where the caller may operate it now."""
    node = await change.lock_one(id, "id", label="Endpoint")
    require(change.viewer, node["project"], Role.OPERATOR, id=id)
    assets.expect(node, expected)
    assets.refuse_retired(node)
    return node


def _deploying(node: Properties) -> str:
    """The move that another deployment is; raises ILLEGAL_MOVE where none is possible now."""
    lifecycle, status = ENDPOINT.lifecycle, node["status"]
    redeploy, start = lifecycle.move("redeploy"), lifecycle.move("start")
    if status in start.sources:
        return "start"
    if status not in redeploy.sources:
        raise illegal("redeploy", status, redeploy.sources | start.sources, node["id"])
    return "redeploy"


async def _free(change: Change, project: str, name: str) -> str:
    """The natural key of that name; raises DUPLICATE where another endpoint has it."""
    key = assets.natural_key(ENDPOINT, project, name)
    await assets.refuse_duplicate(change, ENDPOINT, key, "input", "name")
    return key


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [asdict(share) for share in value] if name == "traffic" and value else value
        for name, value in settings.items()
    }
