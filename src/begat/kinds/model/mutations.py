"""Mutations of models and their versions."""

from __future__ import annotations

import strawberry
from strawberry import UNSET

from begat.gql import inputs
from begat.gql.common import check_common
from begat.gql.context import Info
from begat.gql.moves import move
from begat.gql.payloads import Moved, Payload, acted
from begat.kinds.model import acts, aliases
from begat.kinds.model.graphql import (
    Model,
    ModelFilter,
    ModelVersion,
    ModelVersionFilter,
    model_conditions,
    version_conditions,
)
from begat.kinds.model.kind import MODEL, MODEL_VERSION

UPDATABLE = {"description": "description", "tags": "tags", "owner": "owner"}
"""A model's name is its key, and a version's is made of it and its number: neither changes."""


@strawberry.input(description="A new model, which trainings then give versions.")
class ModelCreateInput:
    """What a create names."""

    name: str = strawberry.field(description="1 to 200 characters, unique in the project; it never changes.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    tags: list[str] | None = strawberry.field(default=None, description="At most 50 words of at most 100 characters.")
    project_id: strawberry.ID | None = strawberry.field(default=None, description="The default project where unsaid.")
    idempotency_key: str | None = strawberry.field(default=None, description="The same create sent twice is done once.")


@strawberry.input(description="What to change of a model; what is not named stays.")
class ModelUpdateInput:
    """The name is the model's key and stays."""

    description: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    tags: list[str] | None = strawberry.field(default=UNSET, description="All tags it is to have.")
    owner: str | None = strawberry.field(default=UNSET, description="Who answers for it.")


@strawberry.input(description="What to change of a model version; what is not named stays.")
class ModelVersionUpdateInput:
    """What it was made of and what it is worth never change."""

    description: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    tags: list[str] | None = strawberry.field(default=UNSET, description="All tags it is to have.")
    owner: str | None = strawberry.field(default=UNSET, description="Who answers for it.")


@strawberry.type
class ModelMutation:
    """Mutations of models and their versions."""

    @strawberry.mutation(description="Makes a model without versions; the first training that names one does so, too.")
    async def model_create(self, info: Info, input: ModelCreateInput) -> Payload[Model]:
        new = acts.NewModel(input.name, input.description, input.tags or (), input.project_id, input.idempotency_key)
        node, errors = await acted(info, Model, lambda: acts.create(info.context, new))
        return Payload(node=node, errors=errors)

    @strawberry.mutation(description="Changes a model's description, tags or owner.")
    async def model_update(
        self, info: Info, id: strawberry.ID, input: ModelUpdateInput, expected_revision: int | None = None
    ) -> Payload[Model]:
        async def work() -> str:
            named = check_common(inputs.given(input, UPDATABLE))
            return await acts.update(info.context, MODEL, id, named, expected_revision)

        node, errors = await acted(info, Model, work)
        return Payload(node=node, errors=errors)

    @strawberry.mutation(description="Changes a model version's description, tags or owner.")
    async def model_version_update(
        self, info: Info, id: strawberry.ID, input: ModelVersionUpdateInput, expected_revision: int | None = None
    ) -> Payload[ModelVersion]:
        async def work() -> str:
            named = check_common(inputs.given(input, UPDATABLE))
            return await acts.update(info.context, MODEL_VERSION, id, named, expected_revision)

        node, errors = await acted(info, ModelVersion, work)
        return Payload(node=node, errors=errors)

    @strawberry.mutation(
        description="Gives a READY version an alias (champion where unsaid), which no other version of its model has "
        "from then on. Of several at once all are done, one after the other."
    )
    async def model_version_promote(
        self, info: Info, id: strawberry.ID, alias: str | None = None, reason: str | None = None
    ) -> Payload[ModelVersion]:
        name = aliases.CHAMPION if alias is None else alias
        node, errors = await acted(info, ModelVersion, lambda: aliases.promote(info.context, id, name, reason))
        return Payload(node=node, errors=errors)

    @strawberry.mutation(
        description="Takes an alias from the version of this model that has it; no version has it then."
    )
    async def model_alias_remove(
        self, info: Info, id: strawberry.ID, alias: str, reason: str | None = None
    ) -> Payload[Model]:
        node, errors = await acted(info, Model, lambda: aliases.remove(info.context, id, alias, reason))
        return Payload(node=node, errors=errors)

    model_deprecate: Moved[Model] = move(
        MODEL,
        Model,
        "deprecate",
        "Says that models are not for new work: trainings refuse them.",
        filter=ModelFilter,
        conditions=model_conditions,
    )
    model_reinstate: Moved[Model] = move(
        MODEL, Model, "reinstate", "Takes a deprecation back.", filter=ModelFilter, conditions=model_conditions
    )
    model_version_retire: Moved[ModelVersion] = move(
        MODEL_VERSION,
        ModelVersion,
        "retire",
        "Takes versions out of use. Refused while an alias names them.",
        filter=ModelVersionFilter,
        conditions=version_conditions,
    )
    model_version_reinstate: Moved[ModelVersion] = move(
        MODEL_VERSION,
        ModelVersion,
        "reinstate",
        "Takes retired versions back into use.",
        filter=ModelVersionFilter,
        conditions=version_conditions,
    )
