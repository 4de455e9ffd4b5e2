"""What callers say of a deployment: GraphQL's inputs, and the settings that they name."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET

from begat.gql import inputs
from begat.gql.scalars import BigInt
from begat.kinds.endpoint.config import LogInputs, Share


@strawberry.input(description="A model version's part of the traffic.")
class TrafficInput:
    """See config.Share."""

    model_version_id: strawberry.ID = strawberry.field(description="A READY version with a registered file.")
    percent: int = strawberry.field(description="Of the requests, 1 to 100; all parts total 100.")


@strawberry.input(description="What the inference log of an endpoint keeps; what is not named stays.")
class EndpointLoggingInput:
    """See config.Config."""

    inputs: LogInputs | None = strawberry.field(
        default=UNSET, description="What of the inputs; ALL where unsaid, REDACTED where redact names fields."
    )
    redact: list[str] | None = strawberry.field(
        default=UNSET, description="The fields whose values are left out, at any depth; at most 100."
    )
    keep_days: int | None = strawberry.field(
        default=UNSET, description="For how many days, 1 to 3,650; 90 where unsaid, null: without end."
    )
    keep_bytes: BigInt | None = strawberry.field(
        default=UNSET, description="How many bytes of it, the latest; 10^9 where unsaid, at most 10^12, null: all."
    )


@strawberry.input(description="A new endpoint with its first deployment.")
class EndpointDeployInput:
    """What a deploy names."""

    name: str = strawberry.field(description="1 to 200 characters, unique in the project.")
    traffic: list[TrafficInput] = strawberry.field(description="Which model versions answer: 1 to 20, each once.")
    size: str | None = strawberry.field(
        default=UNSET, description="SMALL (where unsaid), MEDIUM or LARGE; a machine that serves locally has its own."
    )
    scale_to_zero: bool | None = strawberry.field(
        default=UNSET, description="Whether the platform may put it to sleep while nobody asks; locally nothing sleeps."
    )
    logging: EndpointLoggingInput | None = strawberry.field(default=UNSET, description="What its inference log keeps.")
    anonymous_feedback: bool | None = strawberry.field(
        default=UNSET, description="Whether people without a token may give feedback; no where unsaid."
    )
    description: str | None = strawberry.field(default=None, description="What it is for.")
    tags: list[str] | None = strawberry.field(default=None, description="At most 50 words of at most 100 characters.")
    project_id: strawberry.ID | None = strawberry.field(default=None, description="The default project where unsaid.")
    idempotency_key: str | None = strawberry.field(default=None, description="The same deploy sent twice is done once.")


@strawberry.input(description="What to change of an endpoint; what is not named stays.")
class EndpointUpdateInput:
    """Another configuration becomes the next version."""

    name: str | None = strawberry.field(default=UNSET, description="1 to 200 characters, unique in the project.")
    description: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    tags: list[str] | None = strawberry.field(default=UNSET, description="All tags it is to have.")
    owner: str | None = strawberry.field(default=UNSET, description="Who answers for it.")
    traffic: list[TrafficInput] | None = strawberry.field(
        default=UNSET, description="All model versions that are to answer: 1 to 20, each once."
    )
    size: str | None = strawberry.field(default=UNSET, description="SMALL, MEDIUM or LARGE.")
    scale_to_zero: bool | None = strawberry.field(default=UNSET, description="Whether it may sleep.")
    logging: EndpointLoggingInput | None = strawberry.field(
        default=UNSET, description="What its inference log keeps from then on."
    )
    anonymous_feedback: bool | None = strawberry.field(
        default=UNSET, description="Whether people without a token may give feedback."
    )
    idempotency_key: str | None = strawberry.field(default=None, description="The same update sent twice is done once.")


_SETTINGS = {
    "traffic": "traffic",
    "size": "size",
    "scale_to_zero": "scale_to_zero",
    "anonymous_feedback": "anonymous_feedback",
}
_LOGGING = {"inputs": "log_inputs", "redact": "redact", "keep_days": "keep_days", "keep_bytes": "keep_bytes"}
_ENDLESS = ("keep_days", "keep_bytes")


def first(input: EndpointDeployInput) -> dict[str, Any]:
    """The fields of a first configuration; null means that nothing is said, but for how long a log is kept."""
    found = settings(input)
    return {name: value for name, value in found.items() if value is not None or name in _ENDLESS}


def settings(input: EndpointDeployInput | EndpointUpdateInput) -> dict[str, Any]:
    """The fields of the configuration that the caller named."""
    found = inputs.given(input, _SETTINGS)
    if found.get("traffic") is not None:
        found["traffic"] = [Share(one.model_version_id, one.percent) for one in found["traffic"]]
    if input.logging is not UNSET and input.logging is not None:
        found |= inputs.given(input.logging, _LOGGING)
        if isinstance(found.get("log_inputs"), LogInputs):
            found["log_inputs"] = found["log_inputs"].value
    return found
