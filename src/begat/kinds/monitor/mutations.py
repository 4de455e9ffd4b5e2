"""Mutations of monitors."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET

from begat.access.scope import require
from begat.core.errors import Problem, not_found
from begat.core.roles import Role
from begat.core.webhooks import secret_of
from begat.find import lists
from begat.gql import inputs
from begat.gql.common import UPDATABLE, check_common
from begat.gql.context import Info
from begat.gql.errors import UserError, user_error
from begat.gql.moves import move
from begat.gql.payloads import Moved, Payload, acted, moved
from begat.gql.scalars import DateTime
from begat.gql.selections import REASON, selecting
from begat.kinds.monitor import acts, deliveries
from begat.kinds.monitor.deliveries import Delivery
from begat.kinds.monitor.graphql import Monitor, MonitorFilter, conditions
from begat.kinds.monitor.kind import MONITOR
from begat.kinds.monitor.rules import Metric

_SETTINGS = {
    "above": "above",
    "below": "below",
    "window": "window",
    "min_samples": "minSamples",
    "for_windows": "forWindows",
    "recover_below": "recoverBelow",
    "recover_above": "recoverAbove",
    "webhook": "webhook",
    "silenced_until": "silencedUntil",
}
"""Fields of the inputs, and the properties that keep them."""


@strawberry.input(description="A new monitor.")
class MonitorCreateInput:
    """What a create names."""

    name: str = strawberry.field(description="1 to 200 characters.")
    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint to watch.")
    metric: Metric = strawberry.field(description="What to watch.")
    above: float | None = strawberry.field(
        default=None,
        description="A window above this is a breach: a share from 0 to 1, milliseconds, requests a second, or of "
        "DRIFT a number of fields. Not for ACCURACY.",
    )
    below: float | None = strawberry.field(
        default=None, description="A window below this is a breach: of REQUEST_RATE and ACCURACY only."
    )
    window: int | None = strawberry.field(
        default=None, description="Needed: seconds of a window, 1 to 2,678,400 (31 days)."
    )
    min_samples: int | None = strawberry.field(
        default=None, description="Windows of fewer requests or ratings neither fire nor recover; 10 where unsaid."
    )
    for_windows: int | None = strawberry.field(
        default=None, description="So many breaches in a row make it fire, 1 to 1,000; 1 where unsaid."
    )
    recover_below: float | None = strawberry.field(
        default=None, description="It recovers at or below this, at most `above`, which it is where unsaid."
    )
    recover_above: float | None = strawberry.field(
        default=None, description="It recovers at or above this, at least `below`, which it is where unsaid."
    )
    webhook: str | None = strawberry.field(
        default=None, description="The address to tell of alarms and recoveries, in the Standard Webhooks form."
    )
    silenced_until: DateTime | None = strawberry.field(default=None, description="No webhook until then.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    tags: list[str] | None = strawberry.field(default=None, description="At most 50 words of at most 100 characters.")
    project_id: strawberry.ID | None = strawberry.field(
        default=None, description="The endpoint's project, which it is where unsaid."
    )
    idempotency_key: str | None = strawberry.field(default=None, description="The same create sent twice is done once.")


@strawberry.input(description="What to change of a monitor; what is not named stays. Endpoint and metric are fixed.")
class MonitorUpdateInput:
    """Other bounds begin the watch anew."""

    name: str | None = strawberry.field(default=UNSET, description="1 to 200 characters.")
    description: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    tags: list[str] | None = strawberry.field(default=UNSET, description="All tags it is to have.")
    owner: str | None = strawberry.field(default=UNSET, description="Who answers for it.")
    above: float | None = strawberry.field(default=UNSET, description="A window above this is a breach.")
    below: float | None = strawberry.field(default=UNSET, description="A window below this is a breach.")
    window: int | None = strawberry.field(default=UNSET, description="Seconds of a window.")
    min_samples: int | None = strawberry.field(default=UNSET, description="Less data neither fires nor recovers.")
    for_windows: int | None = strawberry.field(default=UNSET, description="So many breaches in a row make it fire.")
    recover_below: float | None = strawberry.field(default=UNSET, description="It recovers at or below this.")
    recover_above: float | None = strawberry.field(default=UNSET, description="It recovers at or above this.")
    webhook: str | None = strawberry.field(default=UNSET, description="The address to tell; null takes it away.")


@strawberry.type(description="The secret that signs a monitor's webhooks.")
class WebhookSecret:
    """Computed, never stored."""

    secret: str | None = strawberry.field(
        description="`whsec_` and base64 of 32 bytes, for any library of the Standard Webhooks; null with errors."
    )
    errors: list[UserError] = strawberry.field(description="Why it is not shown; empty where it is.")


def _settings(input: MonitorCreateInput) -> dict[str, Any]:
    return {"metric": input.metric.value, **{stored: getattr(input, field) for field, stored in _SETTINGS.items()}}


def _new(input: MonitorCreateInput) -> acts.NewMonitor:
    return acts.NewMonitor(
        name=input.name,
        endpoint=input.endpoint_id,
        settings=_settings(input),
        description=input.description,
        tags=input.tags or (),
        project=input.project_id,
        key=input.idempotency_key,
    )


@strawberry.type
class MonitorMutation:
    """Mutations of this kind."""

    @strawberry.mutation(description="Begins to watch a metric of an endpoint.")
    async def monitor_create(self, info: Info, input: MonitorCreateInput) -> Payload[Monitor]:
        node, errors = await acted(info, Monitor, lambda: acts.create(info.context, _new(input)))
        return Payload(node=node, errors=errors)

    @strawberry.mutation(description="Changes a monitor; other bounds begin the watch anew, with no breach in a row.")
    async def monitor_update(
        self, info: Info, id: strawberry.ID, input: MonitorUpdateInput, expected_revision: int | None = None
    ) -> Payload[Monitor]:
        async def work() -> str:
            named = check_common(inputs.given(input, UPDATABLE))
            settings = {name: stored for name, stored in _SETTINGS.items() if name != "silenced_until"}
            return await acts.update(info.context, id, named, inputs.given(input, settings), expected_revision)

        node, errors = await acted(info, Monitor, work)
        return Payload(node=node, errors=errors)

    monitor_pause: Moved[Monitor] = move(
        MONITOR, Monitor, "pause", "Stops looking.", filter=MonitorFilter, conditions=conditions, act=acts.pause
    )
    monitor_resume: Moved[Monitor] = move(
        MONITOR,
        Monitor,
        "resume",
        "Looks again, from the present window on.",
        filter=MonitorFilter,
        conditions=conditions,
        act=acts.resume,
    )
    monitor_acknowledge: Moved[Monitor] = move(
        MONITOR, Monitor, "acknowledge", "Takes up an alarm.", filter=MonitorFilter, conditions=conditions
    )
    monitor_silence: Moved[Monitor] = selecting(
        Monitor,
        lambda info, reason, until: acts.silence(until, reason),
        "Sends no webhook until then, null: sends them again. Alarms still show.",
        {**REASON, "until": DateTime | None},
        filter=MonitorFilter,
        conditions=conditions,
    )

    @strawberry.mutation(description="Sends dead letters of webhooks again, under the ids that they have.")
    async def delivery_retry(self, info: Info, ids: list[strawberry.ID] | None = None) -> Moved[Delivery]:
        answer: Moved[Delivery] = await moved(info, Delivery, deliveries.retry, ids=ids, fetch=deliveries.fetch)
        info.context.wake()
        return answer

    @strawberry.mutation(description="Shows the secret that signs a monitor's webhooks, to operators.")
    async def monitor_webhook_secret(self, info: Info, id: strawberry.ID) -> WebhookSecret:
        context = info.context
        found = await lists.by_ids(context.graph, context.viewer, "Monitor", [id], ["n.project"])
        try:
            if not found:
                raise not_found(id, "id")
            require(context.viewer, found[0][0], Role.OPERATOR, "id", id=id)
        except Problem as problem:
            return WebhookSecret(secret=None, errors=[user_error(problem)])
        return WebhookSecret(secret=secret_of(context.secret, id), errors=[])
