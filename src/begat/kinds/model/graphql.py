"""Model and ModelVersion in GraphQL: reading."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, TypeVar

import strawberry

from begat.access.scope import SCOPE
from begat.find import filters
from begat.find.lists import Condition, Order
from begat.gql import asset, inputs
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, fetch_one
from begat.gql.columns import column, from_json, needs, rows, selected
from begat.gql.connections import Connection, nested
from begat.gql.context import Context, Info, Row
from begat.gql.inputs import AssetFilter
from begat.gql.lists import listed
from begat.gql.running import Failure, failed
from begat.gql.scalars import JSON, DateTime
from begat.graph.statement import projection
from begat.kinds.asset.model_lineage import ModelLineage, model_lineage
from begat.kinds.model import evaluation
from begat.kinds.model.aliases import CHAMPION
from begat.kinds.model.evaluation import Evaluation
from begat.kinds.model.kind import MODEL, MODEL_VERSION

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.endpoint.graphql import Endpoint
    from begat.kinds.feedback.summary import FeedbackSummary
    from begat.kinds.training_job.graphql import TrainingJob

A = TypeVar("A", bound=Asset)


@strawberry.enum(description="The life of a model: DEPRECATED ones are not for new work.")
class ModelStatus(Enum):
    """States of a Model."""

    ACTIVE = "ACTIVE"
    DEPRECATED = "DEPRECATED"


@strawberry.enum(
    description="The life of a model version: READY ones are registered and can be used, RETIRED ones were; FAILED "
    "ones could not be registered."
)
class ModelVersionStatus(Enum):
    """States of a ModelVersion."""

    REGISTERING = "REGISTERING"
    READY = "READY"
    FAILED = "FAILED"
    RETIRED = "RETIRED"


@strawberry.type(description="A name that a version of a model has, or had for a time.")
class Alias:
    """A row of an Alias node."""

    row: strawberry.Private[Row]

    name: str = column("n.name", "The alias, such as champion.")
    since: DateTime = column("n.since", "From when on it named this version.")
    until: DateTime | None = column("n.until", "Until when; null: it does so now.")
    actor: str = column("n.actor", "Who gave it to this version.")
    reason: str | None = column("n.reason", "Why.")

    @strawberry.field(description="The version that it names or named.", metadata=needs("n.version"))
    async def version(self, info: Info) -> ModelVersion | None:
        return await asset.linked(info, self.row["n.version"], ModelVersion)


@strawberry.type(description="A name under which trainings put their versions, one after the other.")
class Model(Asset):
    """A row of a Model node."""

    status: ModelStatus = column("n.status", "ACTIVE or DEPRECATED.", ModelStatus)
    external: bool = column(
        "coalesce(n.external, false)", "Whether it is a chat model elsewhere, which is only asked and never trained."
    )
    available_actions: list[AvailableAction] = actions(MODEL)

    @strawberry.field(description="The version that has the alias champion; null where none has.")
    async def champion(self, info: Info) -> ModelVersion | None:
        columns = selected(info, ModelVersion)
        return await info.context.batch(_named, self.row["n.id"], CHAMPION, columns)

    @strawberry.field(description="The version that has this alias; null where none has.")
    async def version_by_alias(self, info: Info, alias: str) -> ModelVersion | None:
        columns = selected(info, ModelVersion)
        return await info.context.batch(_named, self.row["n.id"], alias, columns)

    @strawberry.field(description="Its aliases, newest first; history: true adds those that ended.")
    async def aliases(self, info: Info, history: bool = False) -> list[Alias]:
        return await info.context.batch(_aliases, self.row["n.id"], "n.model", history, selected(info, Alias))

    @strawberry.field(description="Its versions that are not in the trash, newest first.")
    async def versions(self, info: Info, first: int = 50, after: str | None = None) -> Connection[ModelVersion]:
        return await nested(
            info,
            ModelVersion,
            "ModelVersion",
            ModelVersion,
            "model",
            self.row["n.id"],
            [Condition("n.retention IN ['LIVE', 'ARCHIVED']")],
            order=NEWEST,
            first=first,
            after=after,
        )


NEWEST = Order("NUMBER_DESC", "n.number", descending=True, number=True)


@strawberry.type(description="What one training made of a model: a registered file with its hash and its evaluations.")
class ModelVersion(Asset):
    """A row of a ModelVersion node."""

    status: ModelVersionStatus = column("n.status", "REGISTERING, READY, FAILED or RETIRED.", ModelVersionStatus)
    number: int = column("n.number", "Counts the versions of its model, from 1.")
    sha256: str | None = column("n.sha256", "Of the registered file, in hexadecimal; null for an external model.")
    uri: str | None = column("n.uri", "Where the registry keeps it; null before it is registered.")
    trainer: str | None = column("n.trainer", "How it was trained; null for an external model.")
    hyperparameters: JSON | None = column(
        "n.hyperparameters", "The settings that it was trained with, an object by name.", lambda text: from_json(text)
    )
    train_rows: int | None = column("n.trainRows", "How many rows it learned from; null for an external model.")
    failure: Failure | None = failed("Why it could not be registered; null where it was.")
    external: bool = column("coalesce(n.external, false)", "Whether it is a chat model elsewhere.")
    available_actions: list[AvailableAction] = actions(MODEL_VERSION)

    @strawberry.field(description="The model that it is a version of.", metadata=needs("n.model"))
    async def model(self, info: Info) -> Model | None:
        return await asset.linked(info, self.row["n.model"], Model)

    @strawberry.field(description="The job that produced it; null for an external model.", metadata=needs("n.job"))
    async def job(
        self, info: Info
    ) -> Annotated[TrainingJob, strawberry.lazy("begat.kinds.training_job.graphql")] | None:
        from begat.kinds.training_job.graphql import TrainingJob  # it shows the version that it produced

        return await asset.linked(info, self.row["n.job"], TrainingJob)

    @strawberry.field(description="The aliases that it has now, sorted.")
    async def aliases(self, info: Info) -> list[str]:
        found = await info.context.batch(_aliases, self.row["n.id"], "n.version", False, ("n.name",))
        return sorted(alias.row["n.name"] for alias in found)

    @strawberry.field(description="The aliases that it has or had, newest first.")
    async def alias_history(self, info: Info) -> list[Alias]:
        return await info.context.batch(_aliases, self.row["n.id"], "n.version", True, selected(info, Alias))

    @strawberry.field(description="What was measured of it, in the order of measuring.")
    async def evaluations(self, info: Info) -> list[Evaluation]:
        return await info.context.batch(evaluation.load, self.row["n.id"], selected(info, Evaluation))

    @strawberry.field(description="The endpoints that it answers now, by id.", metadata=needs("n.id"))
    async def endpoints(self, info: Info) -> list[Annotated[Endpoint, strawberry.lazy("begat.kinds.endpoint.graphql")]]:
        from begat.kinds.endpoint.graphql import Endpoint, serving  # it shows its model versions

        return await info.context.batch(serving, self.row["n.id"], selected(info, Endpoint))

    @strawberry.field(
        description="What people said of its answers, at whatever endpoint, from since (inclusive) to until "
        "(exclusive); all of it where unsaid.",
        metadata=needs("n.id"),
    )
    async def feedback_summary(
        self, info: Info, since: DateTime | None = None, until: DateTime | None = None
    ) -> Annotated[FeedbackSummary, strawberry.lazy("begat.kinds.feedback.summary")]:
        from begat.kinds.feedback.summary import of_model_version  # it shows model versions

        return await of_model_version(info, self.row["n.id"], since, until)

    @strawberry.field(description="Which data, labels and prompts made it.", metadata=needs("n.id"))
    async def lineage(self, info: Info) -> ModelLineage:
        return await model_lineage(info, self.row["n.id"])


async def _named(
    context: Context, keys: Sequence[str], alias: str, columns: tuple[str, ...]
) -> list[ModelVersion | None]:
    names = tuple(dict.fromkeys((*columns, "n.model")))
    values = await context.graph.read(
        "MATCH (a:Alias) WHERE a.model IN $ids AND a.name = $alias AND a.until IS NULL "
        f"WITH a MATCH (n:ModelVersion {{id: a.version}}) WHERE {SCOPE} RETURN collect({projection(names)})",
        ids=list(dict.fromkeys(keys)),
        alias=alias,
        **context.viewer.scope,
    )
    found = {row["n.model"]: ModelVersion(row=row) for row in rows(names, values or [])}
    return [found.get(key) for key in keys]


async def _aliases(
    context: Context, keys: Sequence[str], by: str, history: bool, columns: tuple[str, ...]
) -> list[list[Alias]]:
    names = tuple(dict.fromkeys((*(name for name in columns if name in _ALIAS), by, "n.since", "n.key")))
    values = await context.graph.read(
        f"MATCH (n:Alias) WHERE {by} IN $ids AND ($history OR n.until IS NULL) AND {SCOPE} "
        f"RETURN collect({projection(names)})",
        ids=list(dict.fromkeys(keys)),
        history=history,
        **context.viewer.scope,
    )
    found: dict[str, list[Alias]] = {}
    newest = sorted(rows(names, values or []), key=lambda row: (row["n.since"], row["n.key"]), reverse=True)
    for row in newest:
        found.setdefault(row[by], []).append(Alias(row=row))
    return [found.get(key, []) for key in keys]


_ALIAS = frozenset({"n.name", "n.since", "n.until", "n.actor", "n.reason", "n.version"})


@strawberry.input(description="What models can be filtered by; all that is given must hold.")
class ModelFilter(AssetFilter):
    """See AssetFilter."""

    external: bool | None = strawberry.field(default=None, description="Only chat models elsewhere, or none of them.")


@strawberry.input(description="What model versions can be filtered by; all that is given must hold.")
class ModelVersionFilter(AssetFilter):
    """See AssetFilter."""

    model_id: strawberry.ID | None = strawberry.field(default=None, description="Of this model.")
    alias: str | None = strawberry.field(default=None, description="With this alias now.")


def model_conditions(where: ModelFilter | None) -> list[Condition]:
    """The filter as conditions."""
    held = inputs.conditions(where)
    if where is not None and where.external is not None:
        held.append(Condition("coalesce(n.external, false) = $external", {"external": where.external}))
    return held


def version_conditions(where: ModelVersionFilter | None) -> list[Condition]:
    """The filter as conditions."""
    held = inputs.conditions(where)
    if where is not None:
        held += filters.equals("n.model", "model", where.model_id, "where", "modelId")
        held += [
            Condition(_HAS_ALIAS, condition.parameters)
            for condition in filters.equals("", "alias", where.alias, "where", "alias")
        ]
    return held


_HAS_ALIAS = "EXISTS { MATCH (a:Alias) WHERE a.version = n.id AND a.name = $alias AND a.until IS NULL }"


@strawberry.type
class ModelQuery:
    """Queries of models and their versions."""

    @strawberry.field(description="A model by its id; null where it is unknown or hidden.")
    async def model(self, info: Info, id: strawberry.ID) -> Model | None:
        found = await fetch_one(info, id, base=Model)
        return found if isinstance(found, Model) else None

    models: Connection[Model] = listed(
        Model, "Models, LIVE ones unless asked.", filter=ModelFilter, conditions=model_conditions
    )

    @strawberry.field(description="A model version by its id; null where it is unknown or hidden.")
    async def model_version(self, info: Info, id: strawberry.ID) -> ModelVersion | None:
        found = await fetch_one(info, id, base=ModelVersion)
        return found if isinstance(found, ModelVersion) else None

    model_versions: Connection[ModelVersion] = listed(
        ModelVersion,
        "Versions of all models, LIVE ones unless asked.",
        filter=ModelVersionFilter,
        conditions=version_conditions,
    )
