"""Migrations: numbered, run at start, in order, each once; a graph of a newer begat is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from begat.core.edges import EDGES, FED_BY, WAS_FED_BY
from begat.core.errors import Code, Problem
from begat.graph.driver import Graph

UNIQUE = {
    "Asset": ("id", "key"),
    "Version": ("id",),
    "Row": ("id", "key"),
    "Revision": ("key",),
    "Project": ("id", "key"),
    "Principal": ("name",),
    "Token": ("hash",),
    "Answered": ("key",),
    "Review": ("id",),
    "Assignment": ("key",),
    "Comment": ("id",),
    "BulkJob": ("id",),
    "BulkPart": ("key",),
    "Lease": ("name",),
    "Alias": ("key",),
}
"""What names a node. On the embedded graph a unique key is also how the loser of a race finds out."""

UNIQUE_SECOND = {"Delivery": ("id", "key"), "Suggestion": ("key",)}
"""Of the second migration: serving, monitoring and improving."""

INDEXES_SECOND = (
    ("Endpoint", "id"),
    ("Endpoint", "status"),
    ("Monitor", "id"),
    ("Monitor", "endpoint"),
    ("ImprovementTask", "id"),
    ("ImprovementTask", "impact"),
    ("Feedback", "id"),
    ("Feedback", "endpoint"),
    ("Feedback", "requestId"),
    ("Feedback", "createdAt"),
    ("Delivery", "status"),
    ("Delivery", "monitor"),
    ("Suggestion", "endpoint"),
)

UNIQUE_THIRD = {"Feeder": ("id",)}
"""Of the third: who says which table feeds which."""

KIND_LABELS = (
    "SourceTable",
    "Sheet",
    "Template",
    "CanonicalLabel",
    "TrainingSheet",
    "TrainingJob",
    "Model",
    "ModelVersion",
)
INDEXES = (
    *((label, "id") for label in KIND_LABELS),
    ("QaPair", "id"),
    ("QaPair", "trainingSheet"),
    ("QaPair", "sourceRow"),
    ("CanonicalLabel", "sheet"),
    ("CanonicalLabel", "sourceRow"),
    ("ModelVersion", "model"),
    ("TrainingJob", "status"),
    ("TrainingJob", "model"),
    ("Alias", "model"),
    ("Alias", "version"),
    ("Version", "asset"),
    ("Revision", "asset"),
    ("Revision", "at"),
    ("Review", "pair"),
    ("Review", "trainingSheet"),
    ("Assignment", "trainingSheet"),
    ("Assignment", "pair"),
    ("Comment", "subject"),
    ("BulkJob", "status"),
    ("BulkPart", "job"),
    ("Asset", "project"),
)


IDENTIFIED = frozenset(
    (
        *(label for unique in (UNIQUE, UNIQUE_SECOND, UNIQUE_THIRD) for label in unique if "id" in unique[label]),
        *(label for label, name in (*INDEXES, *INDEXES_SECOND) if name == "id"),
    )
)
"""The labels whose nodes are found by their id."""

SORTS = (
    *(f"Asset:{label}" for label in (*KIND_LABELS, "Endpoint", "Monitor", "ImprovementTask")),
    "Version:SheetVersion",
    "Version:TemplateVersion",
    "Version:LabelVersion",
    "Version:TrainingSheetVersion",
    "Version:EndpointVersion",
    "Version:Generation",
    "Version:Snapshot",
    "Version:Evaluation",
    "Row:QaPair",
    "Row:Feedback",
    "Regeneration",
)
"""The labels of every sort of node that has several or no key of its own."""

BOOKKEEPING = ("OF", "REVIEWS", "RESOLVED_BY", "HAS_ROLE")
"""The edges that are no lineage."""


FIRST_PROJECT = (
    "MERGE (p:Project {id: 'project_default'}) "
    "ON CREATE SET p.name = 'default', p.key = 'default', p.revision = 1, p.project = p.id, p.retention = 'LIVE'"
)
"""All that a new graph holds."""


def _keys(unique: Mapping[str, Sequence[str]], indexes: Iterable[tuple[str, str]]) -> list[str]:
    constraints = [
        f"CREATE CONSTRAINT {label.lower()}_{name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{name} IS UNIQUE"
        for label, names in unique.items()
        for name in names
    ]
    return constraints + [
        f"CREATE INDEX {label.lower()}_{name.lower()}_index IF NOT EXISTS FOR (n:{label}) ON (n.{name})"
        for label, name in indexes
    ]


def _sorts() -> str:
    """Makes one of each sort of node and edge, and takes them away again.

    The embedded graph makes a type for each set of labels, and for each relation, when it meets the first one: of
    writers that bring the first at the same moment all but one would fail, and not as a race does.
    """
    named = {f"n{place}": label for place, label in enumerate(SORTS)}
    nodes = [f"CREATE ({name}:{label})" for name, label in named.items()]
    edges = [f"CREATE (n0)-[:{name}]->(n0)" for name in (*EDGES, *BOOKKEEPING)]
    return " ".join([*nodes, *edges, "DETACH DELETE", ", ".join(named)])


FED = f"CREATE (n:Feeder)-[:{FED_BY}]->(n) DETACH DELETE n"
WAS_FED = f"CREATE (n:Feeder)-[:{WAS_FED_BY}]->(n) DETACH DELETE n"
STARTED = "CREATE (n:Asset:TrainingJob)-[:STARTED_FROM]->(n) DETACH DELETE n"
"""Each makes the types that graphs lack which were sorted (see above) before there was this relation."""


MIGRATIONS: tuple[list[str], ...] = (
    [*_keys(UNIQUE, INDEXES), FIRST_PROJECT],
    [*_keys(UNIQUE_SECOND, INDEXES_SECOND), _sorts()],
    [*_keys(UNIQUE_THIRD, ()), FED],
    [WAS_FED],
    _keys({}, [("Answered", "at")]),
    [STARTED],
)
VERSION = len(MIGRATIONS)


class TooNewError(Problem):
    """The graph was written by a newer begat."""

    def __init__(self, found: int) -> None:
        super().__init__(
            Code.UNAVAILABLE,
            f"The graph is of version {found}, this begat knows {VERSION}.",
            hint="Start a newer begat on it.",
        )


async def migrate(graph: Graph) -> int:
    """Brings the graph to this code's version and returns that; raises TooNewError for a graph of a newer begat.

    Each statement can be repeated, so a crash in between is mended by the next start.
    """
    found = await version(graph)
    if found > VERSION:
        raise TooNewError(found)
    for number in range(found, VERSION):
        for statement in MIGRATIONS[number]:
            await graph.execute(statement)
        await graph.execute("MERGE (n:Schema {name: 'begat'}) SET n.version = $version", version=number + 1)
    return VERSION


async def version(graph: Graph) -> int:
    """The graph's version; 0 where it is new."""
    return int(await graph.read("MATCH (n:Schema {name: 'begat'}) RETURN n.version") or 0)
