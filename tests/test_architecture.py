"""The design's rules of the source, held by reading it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "begat"
TESTS = ROOT / "tests"
MOST_LINES = 400

LAYERS = (
    ("core",),
    ("graph", "platforms", "access"),
    ("change", "lineage", "find"),
    ("gql",),
    ("kinds", "review"),
    ("api", "work", "web"),
    ("app", "service", "serving", "cli", "demo", "__main__"),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
SIDE = {"config": LEVEL["gql"], "logs": LEVEL["api"]}
"""Modules outside the layers, and from which layer on they may be imported."""

IMPURE = {"anyio", "asyncio", "duckdb", "httpx", "neo4j", "os", "pathlib", "requests", "shutil", "socket", "subprocess"}

CLAUSES = ("MATCH", "CREATE", "MERGE")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name after `begat.`."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = ast.parse(path.read_text("utf-8"))
    return found


def imports(module: ast.Module) -> Iterator[str]:
    """Dotted names that the module imports, also inside functions, and those that only strings name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, "relative imports hide where they lead"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "lazy":
            yield from (str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))


def test_imports_go_one_way() -> None:
    wrong = []
    for name, module in modules().items():
        here = name.partition(".")[0]
        for imported in imports(module):
            package, _, rest = imported.partition(".")
            there = rest.partition(".")[0]
            if package != "begat" or here in ("__init__", *SIDE):
                continue
            if LEVEL[here] < SIDE.get(there, LEVEL.get(there, -1)):
                wrong.append(f"{name} imports {imported}")
    assert wrong == []


def test_every_module_has_its_layer() -> None:
    first = {name.partition(".")[0] for name in modules()}
    assert first - set(LEVEL) - set(SIDE) == {"__init__"}


def test_settings_and_logs_build_on_the_core_alone() -> None:
    for name in SIDE:
        ours = {one for one in imports(modules()[name]) if one.startswith("begat.")}
        assert all(one.startswith("begat.core.") for one in ours), name


def test_only_the_graph_package_knows_the_driver() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, module in modules().items()
        for imported in imports(module)
        if imported.partition(".")[0] == "neo4j" and not name.startswith("graph.")
    ]
    assert wrong == []


def test_the_core_does_nothing_outside_itself() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, module in modules().items()
        for imported in imports(module)
        if name.startswith("core.") and imported.partition(".")[0] in IMPURE
    ]
    wrong += [
        f"{name} calls open"
        for name, module in modules().items()
        for node in ast.walk(module)
        if name.startswith("core.") and isinstance(node, ast.Call) and getattr(node.func, "id", "") == "open"
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", [SOURCE, TESTS])
def test_files_stay_small(folder: Path) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in folder.rglob("*.py")
        if (lines := path.read_text("utf-8").count("\n")) > MOST_LINES
    }
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    silent = [name for name, module in modules().items() if module.body and not ast.get_docstring(module)]
    assert silent == []


def test_no_file_names_a_package_registry() -> None:
    hosts = (
        "pypi" + ".org",
        "npmjs" + ".org",
        "repo" + ".maven",
        "maven" + ".org",
        "deb.debian" + ".org",
        "docker" + ".io",
    )
    named = []
    for path in [
        *SOURCE.rglob("*"),
        *TESTS.rglob("*"),
        ROOT / "pyproject.toml",
        ROOT / ".ci" / "run",
        ROOT / "README.md",
    ]:
        if path.is_file() and path.suffix in (".py", ".toml", ".md", ".yml", ".cypher", ".graphql", ""):
            text = path.read_text("utf-8")
            named += [f"{path.relative_to(ROOT)} names {host}" for host in hosts if host in text]
    assert named == []


# ── Statements ──────────────────────────────────────────────────────────────────────────────────────────────────────

DECLARED = re.compile(r"(\w+\.)?[A-Z][A-Z_]*|predicate\('\w+'\)|projection\(\w+\)|label")
"""What any statement may be completed with: constants, the scope predicate, declared columns, a label."""

OWN = {
    "change.many": {"guard.fact"},
    "change.moves": {"cases"},
    "change.write": {"':'.join(labels)", "first", "noted", "source", "target", "type"},
    "find.lists": {
        "'total' if total else '0'",
        "count if total else ''",
        "counted",
        "direction",
        "expression",
        "order.expression",
        "parent",
        "where",
    },
    "graph.migrate": {"label.lower()", "name", "name.lower()"},
    "kinds.model.graphql": {"by"},
    "kinds.training_sheet.kind": {"condition"},
}
"""What single modules complete theirs with besides; each was looked at: it comes from begat's own text, never from a
caller. A caller's values travel as parameters."""


def fillings(module: ast.Module) -> Iterator[str]:
    """What stands in the holes of f-strings that hold Cypher."""
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
            if any(clause in text for clause in CLAUSES):
                yield from (ast.unparse(part.value) for part in node.values if isinstance(part, ast.FormattedValue))


def test_statements_are_completed_from_declared_names_only() -> None:
    strange = {
        f"{name}: {filling}"
        for name, module in modules().items()
        for filling in fillings(module)
        if not DECLARED.fullmatch(filling) and filling not in OWN.get(name, set())
    }
    assert strange == set()


def test_the_list_of_exceptions_holds_no_more_than_there_are() -> None:
    used = {name: set(fillings(module)) for name, module in modules().items()}
    assert {name: own - used.get(name, set()) for name, own in OWN.items() if own - used.get(name, set())} == {}


def test_statements_are_not_put_together_in_other_ways() -> None:
    wrong = []
    for name, module in modules().items():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
                text = ast.unparse(node.func)
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
                text = str(node.left.value)
            else:
                continue
            if any(clause in text for clause in CLAUSES):
                wrong.append(f"{name}: {text}")
    assert wrong == []


def test_a_statement_looks_up_by_what_it_found_only_row_by_row() -> None:
    """In the same breath as another MATCH the embedded graph compares all nodes of one label with all of the other."""
    together = re.compile(r"MATCH [^;]*?(?<!OPTIONAL )MATCH \(\w*:\w+ \{+\w+: (?!row\.)\w+\.")
    texts = [
        " ".join(str(part.value) for part in ast.walk(node) if isinstance(part, ast.Constant))
        for module in modules().values()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant | ast.JoinedStr)
    ]
    texts += [path.read_text("utf-8") for path in SOURCE.rglob("*.cypher")]
    breaths = (breath for text in texts for breath in re.split(r"\bWITH\b|\bUNWIND\b|\bCALL\b", text))
    assert [breath for breath in breaths if together.search(breath)] == []


def test_a_callers_text_never_fills_a_hole_of_a_statement_file() -> None:
    holes = {"projection", "scope", "edges", "moment"}
    for path in SOURCE.rglob("*.cypher"):
        found = set(re.findall(r"\{(\w+)\}", path.read_text("utf-8")))
        assert found <= holes, path
