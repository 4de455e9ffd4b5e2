"""What GraphQL lets people do to templates."""

from __future__ import annotations

import strawberry
from strawberry import UNSET

from begat.gql import inputs
from begat.gql.common import UPDATABLE, check_common
from begat.gql.context import Info
from begat.gql.moves import move
from begat.gql.payloads import Moved, Payload, acted
from begat.gql.scalars import JSON
from begat.kinds.template import acts
from begat.kinds.template.graphql import Template, TemplateFilter, conditions
from begat.kinds.template.kind import TEMPLATE

CONTENT = {"system": "system", "prompt": "prompt", "settings": "settings", "label_type": "labelType"}
PROMPT = "At most 50,000 characters of text with {{ column }} in it; Jinja's if, for, set and most filters work."


@strawberry.input(description="A new template.")
class TemplateCreateInput:
    """What a create names."""

    name: str = strawberry.field(description="1 to 200 characters.")
    prompt: str = strawberry.field(description=PROMPT + " A draft's may be empty.")
    system: str | None = strawberry.field(default=None, description="What the model is told before; as the prompt.")
    label_type: str | None = strawberry.field(
        default=None, description="Which canonical labels answer first: 1 to 100 characters without `|`."
    )
    settings: JSON | None = strawberry.field(
        default=None, description="An object that goes to the model beside the texts; at most 10,000 characters."
    )
    description: str | None = strawberry.field(default=None, description="What it is for.")
    tags: list[str] | None = strawberry.field(default=None, description="At most 50 words of at most 100 characters.")
    project_id: strawberry.ID | None = strawberry.field(default=None, description="The default project where unsaid.")
    idempotency_key: str | None = strawberry.field(default=None, description="The same create sent twice is done once.")


@strawberry.input(description="What to change of a template; what is not named stays.")
class TemplateUpdateInput:
    """Texts, settings and label type are content and make a version once this one is published or used."""

    name: str | None = strawberry.field(default=UNSET, description="1 to 200 characters.")
    description: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    tags: list[str] | None = strawberry.field(default=UNSET, description="All tags it is to have.")
    owner: str | None = strawberry.field(default=UNSET, description="Who answers for it.")
    system: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    prompt: str | None = strawberry.field(default=UNSET, description=PROMPT)
    settings: JSON | None = strawberry.field(default=UNSET, description="All settings; null takes them away.")
    label_type: str | None = strawberry.field(default=UNSET, description="null: no canonical labels answer.")


@strawberry.input(description="What differs in the next version; what is not named stays.")
class TemplateVersionInput:
    """Content only."""

    system: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    prompt: str | None = strawberry.field(default=UNSET, description=PROMPT)
    settings: JSON | None = strawberry.field(default=UNSET, description="All settings; null takes them away.")
    label_type: str | None = strawberry.field(default=UNSET, description="null: no canonical labels answer.")


@strawberry.type
class TemplateMutation:
    """Mutations of this kind."""

    @strawberry.mutation(description="Makes a draft template and lists the variables that it found.")
    async def template_create(self, info: Info, input: TemplateCreateInput) -> Payload[Template]:
        new = acts.NewTemplate(
            input.name,
            input.system,
            input.prompt,
            input.label_type,
            input.settings,
            input.description,
            input.tags or (),
            input.project_id,
            input.idempotency_key,
        )
        node, errors = await acted(info, Template, lambda: acts.create(info.context, new))
        return Payload(node=node, errors=errors)

    @strawberry.mutation(
        description="Changes a template: a draft version in place; of a published or used one the next version is "
        "made, which new work does not take before it is published."
    )
    async def template_update(
        self, info: Info, id: strawberry.ID, input: TemplateUpdateInput, expected_revision: int | None = None
    ) -> Payload[Template]:
        async def work() -> str:
            named = check_common(inputs.given(input, {**UPDATABLE, **CONTENT}))
            return await acts.update(info.context, id, named, expected_revision)

        node, errors = await acted(info, Template, work)
        return Payload(node=node, errors=errors)

    @strawberry.mutation(description="Makes the next version as a draft, also where the latest one is a draft.")
    async def template_version_create(
        self,
        info: Info,
        id: strawberry.ID,
        input: TemplateVersionInput | None = None,
        expected_revision: int | None = None,
        idempotency_key: str | None = None,
    ) -> Payload[Template]:
        async def work() -> str:
            named = inputs.given(input, CONTENT) if input else {}
            return await acts.update(info.context, id, named, expected_revision, fresh=True, key=idempotency_key)

        node, errors = await acted(info, Template, work)
        return Payload(node=node, errors=errors)

    template_publish: Moved[Template] = move(
        TEMPLATE,
        Template,
        "publish",
        "Publishes the latest version, which then never changes again; also the next one of a published template.",
        filter=TemplateFilter,
        conditions=conditions,
    )
    template_deprecate: Moved[Template] = move(
        TEMPLATE,
        Template,
        "deprecate",
        "Says that a template is not for new work.",
        filter=TemplateFilter,
        conditions=conditions,
    )
    template_reinstate: Moved[Template] = move(
        TEMPLATE, Template, "reinstate", "Takes a deprecation back.", filter=TemplateFilter, conditions=conditions
    )
