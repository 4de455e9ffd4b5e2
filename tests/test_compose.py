"""docker-compose.yml: what must not be in it, and what must."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from begat.config import KNOWN, Settings

TEXT = (Path(__file__).parents[1] / "docker-compose.yml").read_text("utf-8")
LINES = [line for line in TEXT.splitlines() if not line.lstrip().startswith("#")]


def begats_environment() -> dict[str, str]:
    """What begat is told in its container."""
    block = TEXT.split("  begat:\n", 1)[1].split("    environment:\n", 1)[1].split("    ports:", 1)[0]
    return dict(re.findall(r"^ {6}(\w+): (.+)$", block, re.MULTILINE))


def test_no_password_is_in_the_file_and_none_is_made_up_where_it_is_missing() -> None:
    named = [line for line in LINES if "PASSWORD" in line or "NEO4J_AUTH:" in line]
    assert len(named) == 3
    for line in named:
        assert "${NEO4J_PASSWORD:?" in line or "$${NEO4J_AUTH#neo4j/}" in line, line


def test_nothing_is_published_but_begat_and_that_on_this_machine_only() -> None:
    published = re.findall(r"^ +- (\S+:\d+:\d+)$", TEXT, re.MULTILINE)
    assert published == ["127.0.0.1:8000:8000"]


def test_begat_waits_for_a_healthy_neo4j_5_community_that_keeps_its_data() -> None:
    assert re.search(r"image: neo4j:5\.\S*-community$", TEXT, re.MULTILINE)
    assert TEXT.count("healthcheck:") == 2
    assert "condition: service_healthy" in TEXT
    assert "- neo4j:/data" in TEXT


def test_begat_gets_settings_that_it_knows_and_wants_to_know_who_asks() -> None:
    told = begats_environment()
    assert {name for name in told if name.startswith("BEGAT_")} <= set(KNOWN)
    settings = Settings.read({**told, "NEO4J_PASSWORD": "from .env"})
    assert settings.auth == "tokens"
    assert settings.neo4j_uri == "bolt://neo4j:7687"
    settings.check_host("0.0.0.0")  # noqa: S104 - of its container


@pytest.mark.parametrize("path", ["pyproject.toml", "README.md", "LICENSE", "src"])
def test_what_the_image_is_built_of_is_there(path: str) -> None:
    assert f"{path} " in TEXT
    assert (Path(__file__).parents[1] / path).exists()
