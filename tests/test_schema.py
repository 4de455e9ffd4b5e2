"""The schema: kept as printed, described throughout, and of one form."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    parse,
    validate,
    validate_schema,
)

from begat.api import schema
from tests.api_client import operation

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "src" / "begat" / "web" / "static" / "examples.graphql"
NOW = [
    "Paths",
    "Facets",
    "Tables",
    "SheetCreate",
    "SheetPreview",
    "SheetColumns",
    "SheetUpdate",
    "SheetPublish",
    "TemplateCreate",
    "TemplateTest",
    "TemplateVersions",
    "LabelImport",
    "LabelLookup",
    "TrainingSheetCreate",
    "TrainingSheetGenerate",
    "TrainingSheet",
    "Split",
    "TrainingSheetApprove",
    "TrainingSheetFinalize",
    "ReviewNext",
    "Approve",
    "Reject",
    "Flag",
    "Assign",
    "Skip",
    "Edit",
    "Comment",
    "Review",
    "Train",
    "Job",
    "JobCancel",
    "JobRetry",
    "Models",
    "Promote",
    "CompareModels",
    "Deploy",
    "Redeploy",
    "Ask",
    "TemplateTestServed",
    "Rollback",
    "Stop",
    "Start",
    "Feedback",
    "Feedbacks",
    "Endpoint",
    "MonitorCreate",
    "TaskCreate",
    "Backlog",
    "TaskClose",
    "UsedBy",
    "Upstream",
    "Downstream",
    "Sources",
    "Impact",
    "ModelLineage",
    "Exposure",
    "LiveExposure",
    "LineageAsOf",
    "LineageExport",
    "Assets",
    "Actions",
    "History",
    "Tag",
    "Archive",
    "Trash",
    "Restore",
    "Me",
    "ProjectCreate",
    "ProjectGrant",
    "Watch",
]
"""The contract's operations that run today; the others come later."""


@pytest.fixture(scope="module")
def built() -> GraphQLSchema:
    return schema.build()._schema


def test_the_kept_schema_is_the_printed_one() -> None:
    kept = (ROOT / "schema.graphql").read_text("utf-8")
    assert kept == schema.printed(), "run: begat schema > schema.graphql"
    assert kept.endswith("}\n")


def test_it_is_a_valid_schema(built: GraphQLSchema) -> None:
    assert validate_schema(built) == []


def test_everything_in_it_is_described(built: GraphQLSchema) -> None:
    silent = []
    for name, type in built.type_map.items():
        if name.startswith("__"):
            continue
        parts: dict[str, str | None] = {name: type.description}
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type.fields.items():
                parts[f"{name}.{field_name}"] = field.description
                for argument, value in field.args.items():
                    parts[f"{name}.{field_name}({argument})"] = value.description
        elif isinstance(type, GraphQLInputObjectType):
            parts |= {f"{name}.{field}": value.description for field, value in type.fields.items()}
        elif isinstance(type, GraphQLEnumType):
            parts |= {f"{name}.{word}": value.description for word, value in type.values.items()}
        silent += [place for place, description in parts.items() if not (description or "").strip()]
    assert silent == []


def test_every_mutation_answers_with_its_errors(built: GraphQLSchema) -> None:
    assert built.mutation_type is not None
    for name, field in built.mutation_type.fields.items():
        payload = get_named_type(field.type)
        assert isinstance(field.type, GraphQLNonNull), name
        assert isinstance(payload, GraphQLObjectType), name
        assert str(payload.fields["errors"].type) == "[UserError!]!", name


def test_every_kind_of_asset_can_be_asked_for_by_id_and_in_a_list(built: GraphQLSchema) -> None:
    assert built.query_type is not None
    kinds = built.get_possible_types(built.type_map["Asset"])  # type: ignore[arg-type] # Asset is an interface
    for kind in kinds:
        name = kind.name[0].lower() + kind.name[1:]
        one, many = built.query_type.fields[name], built.query_type.fields[f"{name}s"]
        assert str(one.type) == kind.name
        assert set(one.args) >= {"id"}
        assert {"nodes", "totalCount", "pageInfo"} <= set(get_named_type(many.type).fields)
        assert {"node", "asset"} <= set(built.query_type.fields)


@pytest.mark.parametrize("name", NOW)
def test_the_contracts_operations_are_valid(built: GraphQLSchema, name: str) -> None:
    assert [error.message for error in validate(built, parse(operation(name)))] == []


def test_the_examples_that_graphiql_offers_are_valid(built: GraphQLSchema) -> None:
    assert [error.message for error in validate(built, parse(EXAMPLES.read_text("utf-8")))] == []


def test_building_it_twice_gives_equal_schemas() -> None:
    assert schema.printed() == schema.printed()
