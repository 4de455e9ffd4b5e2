"""Mutations of endpoints, and asking them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry

from begat.core.errors import Problem, Problems
from begat.gql import inputs
from begat.gql.common import UPDATABLE
from begat.gql.context import Info
from begat.gql.errors import UserError, problems_of, user_error
from begat.gql.moves import move
from begat.gql.payloads import Moved, Payload, acted
from begat.gql.scalars import JSON
from begat.kinds.endpoint import acts
from begat.kinds.endpoint.deploy_inputs import EndpointDeployInput, EndpointUpdateInput, first, settings
from begat.kinds.endpoint.graphql import Endpoint, EndpointFilter, conditions
from begat.kinds.endpoint.kind import ENDPOINT
from begat.kinds.endpoint.query import Answer, query
from begat.kinds.endpoint.versions import EndpointVersion, by_id, model_version
from begat.kinds.model.graphql import ModelVersion


@strawberry.type(description="The answer to a query of an endpoint.")
class EndpointAnswer:
    """See query.Answer. Feedback names its requestId."""

    answer: strawberry.Private[Answer | None]
    errors: list[UserError] = strawberry.field(description="Why there is no answer; empty where there is one.")

    @strawberry.field(
        description="The id that begat gave the request, by which its record is found; null where nothing was asked, "
        "as nothing serves."
    )
    def request_id(self) -> strawberry.ID | None:
        return None if self.answer is None else strawberry.ID(self.answer.request_id)

    @strawberry.field(description="The deployment that served the request.")
    async def endpoint_version(self, info: Info) -> EndpointVersion | None:
        route = None if self.answer is None else self.answer.route
        if route is None:
            return None
        known = {"n.id": route.id, "n.kind": "ENDPOINT_VERSION", "n.project": route.project, "n.number": route.number}
        return await by_id(info, route.id, known)

    @strawberry.field(description="The model version that was asked; null where it is hidden, or none was asked.")
    async def model_version(self, info: Info) -> ModelVersion | None:
        served = None if self.answer is None else self.answer.served
        if served is None or not info.context.viewer.sees(served.project):
            return None
        id, number, project = served.ref.id, served.number, served.project
        known = {"n.id": id, "n.kind": "MODEL_VERSION", "n.project": project, "n.number": number}
        return await model_version(info, id, known)

    @strawberry.field(
        description="The answers in the order of the inputs, each {answer, score from 0 to 1}; null without answers."
    )
    def outputs(self) -> JSON | None:
        outputs = None if self.answer is None else self.answer.outputs
        return None if outputs is None else JSON(list(outputs))

    @strawberry.field(description="How long it took, in milliseconds; null where nothing was asked.")
    def latency_ms(self) -> float | None:
        return None if self.answer is None else self.answer.latency_ms


async def _deploying(info: Info, work: Callable[[], Awaitable[str]]) -> Payload[Endpoint]:
    """The endpoint as the act leaves it; the loop is woken when it was read, or it might show what comes next."""
    node, errors = await acted(info, Endpoint, work)
    info.context.wake()
    return Payload(node=node, errors=errors)


@strawberry.type
class EndpointMutation:
    """Mutations of this kind."""

    @strawberry.mutation(
        description="Makes an endpoint and begins its first deployment; the answer comes at once. It is live when it "
        "answers a probe: poll it."
    )
    async def endpoint_deploy(self, info: Info, input: EndpointDeployInput) -> Payload[Endpoint]:
        new = acts.NewEndpoint(
            input.name, first(input), input.description, input.tags or (), input.project_id, input.idempotency_key
        )
        return await _deploying(info, lambda: acts.deploy(info.context, new))

    @strawberry.mutation(
        description="Changes an endpoint. Another traffic, size, logging or feedback setting becomes the next version, "
        "which takes over when it answers; until then, and where it fails, the one that serves goes on. One that waits "
        "to be live is replaced. A stopped endpoint is started with it."
    )
    async def endpoint_update(
        self, info: Info, id: strawberry.ID, input: EndpointUpdateInput, expected_revision: int | None = None
    ) -> Payload[Endpoint]:
        async def work() -> str:
            named, key = inputs.given(input, UPDATABLE), input.idempotency_key
            return await acts.update(info.context, id, named, settings(input), expected_revision, key)

        return await _deploying(info, work)

    @strawberry.mutation(
        description="Deploys an earlier version's configuration as the next version. A stopped endpoint is started "
        "with it."
    )
    async def endpoint_rollback(
        self,
        info: Info,
        id: strawberry.ID,
        to_version: Annotated[
            int | None,
            strawberry.argument(
                description="The number of the version to go back to; where unsaid, the last that was live before the "
                "one that serves."
            ),
        ] = None,
        expected_revision: int | None = None,
        idempotency_key: str | None = None,
    ) -> Payload[Endpoint]:
        async def work() -> str:
            return await acts.rollback(info.context, id, to_version, expected_revision, idempotency_key)

        return await _deploying(info, work)

    @strawberry.mutation(
        description="Asks an endpoint; needs REVIEWER in its project. Which model version answers is decided by the "
        "request's id and the traffic. Every query leaves one record in the inference log, also where it is refused."
    )
    async def endpoint_query(
        self,
        info: Info,
        id: strawberry.ID,
        inputs: Annotated[
            JSON,
            strawberry.argument(
                description="1 to 1,000 objects with the template's variables, at most 1 MB; a text, or an object "
                "with just a question, is taken as it is."
            ),
        ],
    ) -> EndpointAnswer:
        context = info.context
        try:
            answer = await query(context.graph, context.viewer, context.platform, id, inputs)
        except (Problem, Problems) as refused:
            return EndpointAnswer(answer=None, errors=[user_error(problem) for problem in problems_of(refused)])
        return EndpointAnswer(answer=answer, errors=[user_error(answer.problem)] if answer.problem else [])

    endpoint_stop: Moved[Endpoint] = move(
        ENDPOINT,
        Endpoint,
        "stop",
        "Ends the serving: STOPPING, and within a second STOPPED. Queries are refused at once.",
        filter=EndpointFilter,
        conditions=conditions,
        act=acts.stop,
    )
    endpoint_start: Moved[Endpoint] = move(
        ENDPOINT,
        Endpoint,
        "start",
        "Deploys what a stopped endpoint served last as its next version.",
        filter=EndpointFilter,
        conditions=conditions,
        act=lambda reason: acts.again("start", reason),
    )
    endpoint_redeploy: Moved[Endpoint] = move(
        ENDPOINT,
        Endpoint,
        "redeploy",
        "Deploys the same configuration as the next version: of the version that waits to be live, else of the one "
        "that serves, else of the latest.",
        filter=EndpointFilter,
        conditions=conditions,
        act=lambda reason: acts.again("redeploy", reason),
    )
