"""The schema: every kind's queries and mutations side by side."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from begat.gql import impact
from begat.gql.asset import TYPES, Asset
from begat.gql.changes import AssetSubscription
from begat.gql.descriptions import describe
from begat.gql.export import LineageExportQuery
from begat.gql.jobs import BulkJobMutation, BulkJobQuery
from begat.gql.paths import LineagePathsQuery
from begat.gql.scalars import SCALARS
from begat.kinds.asset.exposure import LineageQuery
from begat.kinds.asset.graphql import AssetMutation, AssetQuery
from begat.kinds.canonical_label.graphql import CanonicalLabel, CanonicalLabelQuery
from begat.kinds.canonical_label.mutations import CanonicalLabelMutation
from begat.kinds.endpoint.graphql import Endpoint, EndpointQuery
from begat.kinds.endpoint.mutations import EndpointMutation
from begat.kinds.feedback.graphql import FeedbackQuery
from begat.kinds.feedback.mutations import FeedbackMutation
from begat.kinds.improvement_task.graphql import ImprovementTask, ImprovementTaskQuery
from begat.kinds.improvement_task.mutations import ImprovementTaskMutation
from begat.kinds.model.comparison import ModelComparisonQuery
from begat.kinds.model.evaluation import EvaluationQuery
from begat.kinds.model.graphql import Model, ModelQuery, ModelVersion
from begat.kinds.model.mutations import ModelMutation
from begat.kinds.monitor.graphql import Monitor, MonitorQuery
from begat.kinds.monitor.mutations import MonitorMutation
from begat.kinds.project.graphql import ProjectMutation, ProjectQuery
from begat.kinds.qa_pair.graphql import QaPairQuery
from begat.kinds.registry import KINDS
from begat.kinds.sheet.graphql import Sheet, SheetQuery
from begat.kinds.sheet.mutations import SheetMutation
from begat.kinds.source_table.graphql import SourceTable, SourceTableQuery
from begat.kinds.suggestion.clusters import FeedbackClusterQuery
from begat.kinds.suggestion.graphql import SuggestionQuery
from begat.kinds.suggestion.mutations import SuggestionMutation
from begat.kinds.template.graphql import Template, TemplateQuery
from begat.kinds.template.mutations import TemplateMutation
from begat.kinds.training_job.graphql import TrainingJob, TrainingJobQuery
from begat.kinds.training_job.mutations import TrainingJobMutation
from begat.kinds.training_job.trainers import TrainerQuery
from begat.kinds.training_sheet.graphql import TrainingSheet, TrainingSheetQuery
from begat.kinds.training_sheet.mutations import TrainingSheetMutation
from begat.review.graphql import ReviewMutation, ReviewQuery

ASSET_TYPES: dict[str, type[Asset]] = {
    "SOURCE_TABLE": SourceTable,
    "SHEET": Sheet,
    "TEMPLATE": Template,
    "CANONICAL_LABEL": CanonicalLabel,
    "TRAINING_SHEET": TrainingSheet,
    "TRAINING_JOB": TrainingJob,
    "MODEL": Model,
    "MODEL_VERSION": ModelVersion,
    "ENDPOINT": Endpoint,
    "MONITOR": Monitor,
    "IMPROVEMENT_TASK": ImprovementTask,
}
TYPES.update(ASSET_TYPES)
impact.KINDS.update(KINDS)

QUERIES = (
    AssetQuery,
    ProjectQuery,
    SourceTableQuery,
    SheetQuery,
    TemplateQuery,
    CanonicalLabelQuery,
    TrainingSheetQuery,
    TrainingJobQuery,
    TrainerQuery,
    ModelComparisonQuery,
    ModelQuery,
    EvaluationQuery,
    EndpointQuery,
    MonitorQuery,
    ImprovementTaskQuery,
    SuggestionQuery,
    FeedbackClusterQuery,
    QaPairQuery,
    FeedbackQuery,
    LineageQuery,
    LineageExportQuery,
    LineagePathsQuery,
    BulkJobQuery,
    ReviewQuery,
)
MUTATIONS = (
    AssetMutation,
    ProjectMutation,
    SheetMutation,
    TemplateMutation,
    CanonicalLabelMutation,
    TrainingSheetMutation,
    TrainingJobMutation,
    ModelMutation,
    EndpointMutation,
    MonitorMutation,
    ImprovementTaskMutation,
    SuggestionMutation,
    FeedbackMutation,
    BulkJobMutation,
    ReviewMutation,
)
SUBSCRIPTIONS = (AssetSubscription,)


def build() -> strawberry.Schema:
    """The executable schema. Building it twice gives equal ones."""
    schema = strawberry.Schema(
        query=merge_types("Query", QUERIES),
        mutation=merge_types("Mutation", MUTATIONS),
        subscription=merge_types("Subscription", SUBSCRIPTIONS),
        types=list(ASSET_TYPES.values()),
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    describe(schema._schema)
    return schema


def printed() -> str:
    """The schema as text, as `begat schema` prints it and `schema.graphql` keeps it."""
    return build().as_str().rstrip("\n") + "\n"
