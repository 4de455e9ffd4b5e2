"""The platform's trainers in GraphQL: what can be chosen by name, with which settings."""

from __future__ import annotations

import anyio.to_thread
import strawberry

from begat.gql.context import Info
from begat.gql.scalars import JSON
from begat.platforms.ports import HyperparameterType, TrainerInfo

strawberry.enum(
    HyperparameterType,
    name="HyperparameterType",
    description="INTEGER and NUMBER have bounds, CHOICE has choices.",
)


@strawberry.type(description="One setting of a trainer.")
class Hyperparameter:
    """See ports.HyperparameterInfo."""

    name: str = strawberry.field(description="Its name, as the hyperparameters of a job name it.")
    type: HyperparameterType = strawberry.field(description="What its value is.")
    default: JSON | None = strawberry.field(description="Its value where a job names none.")
    description: str = strawberry.field(description="What it does.")
    minimum: float | None = strawberry.field(description="The least value; null: unbounded.")
    maximum: float | None = strawberry.field(description="The greatest value; null: unbounded.")
    choices: list[str] = strawberry.field(description="The values of a CHOICE.")
    inherited: bool = strawberry.field(
        description="Whether a job that starts from a model version must have it as that was trained."
    )


@strawberry.type(description="A way to train that can be chosen by name.")
class Trainer:
    """See ports.TrainerInfo."""

    name: str = strawberry.field(description="Its name.")
    description: str = strawberry.field(description="What it does.")
    default: bool = strawberry.field(description="Whether it is taken where a job names none.")
    starts_from_model: bool = strawberry.field(description="Whether it can start from a model version that it made.")
    hyperparameters: list[Hyperparameter] = strawberry.field(description="Its settings.")


def _trainer(info: TrainerInfo) -> Trainer:
    settings = [
        Hyperparameter(
            name=one.name,
            type=one.type,
            default=None if one.default is None else JSON(one.default),
            description=one.description,
            minimum=one.minimum,
            maximum=one.maximum,
            choices=list(one.choices),
            inherited=one.inherited,
        )
        for one in info.hyperparameters
    ]
    return Trainer(
        name=info.name,
        description=info.description,
        default=info.default,
        starts_from_model=info.starts_from_model,
        hyperparameters=settings,
    )


@strawberry.type
class TrainerQuery:
    """Queries of trainers."""

    @strawberry.field(description="The platform's trainers, sorted by name.")
    async def trainers(self, info: Info) -> list[Trainer]:
        return [_trainer(one) for one in await anyio.to_thread.run_sync(info.context.platform.training.trainers)]
