"""Log lines: whole, one per record, with their request, without secrets."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest


def logged(script: str, style: str = "json") -> list[str]:
    """The lines that a process writes to stderr, which has the logging of a real begat."""
    setup = f"import logging\nfrom begat import logs\nlogs.configure({style!r}, secrets=['hunter2', 'hunter2-long'])\n"
    done = subprocess.run(
        [sys.executable, "-c", setup + script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def one(script: str) -> dict[str, Any]:
    (line,) = logged(script)
    read = json.loads(line)
    assert isinstance(read, dict)
    return read


def test_a_line_says_when_how_grave_where_and_what() -> None:
    line = one("logging.getLogger('begat.x').warning('%s happened', 'it')")
    assert line.pop("time").endswith("Z")
    assert line == {"level": "WARNING", "logger": "begat.x", "message": "it happened"}


def test_a_line_names_its_request_actor_and_operation() -> None:
    line = one(
        "logs.request_id.set('r1'); logs.actor.set('ada'); logs.operation.set('Q')\n"
        "logging.getLogger('a').info('x', extra={'fields': {'status': 200, 'actor': 'forged'}})"
    )
    assert (line["requestId"], line["actor"], line["operation"], line["status"]) == ("r1", "ada", "Q", 200)


def test_an_exception_is_in_the_line_of_its_record() -> None:
    line = one("try:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.getLogger('a').exception('broke')")
    assert "ZeroDivisionError: division by zero" in line["exception"]


@pytest.mark.parametrize(
    "text",
    [
        "key hunter2",
        "hunter2-long",
        "Authorization: Bearer hunter2hunter2.a-b",
        "bolt://neo4j:secretword@db:7687 failed",
    ],
)
def test_secrets_are_in_no_message_field_or_exception(text: str) -> None:
    lines = logged(
        f"log = logging.getLogger('a'); text = {text!r}\n"
        "log.info(text); log.info('x', extra={'fields': {'address': text}})\n"
        "try:\n    raise RuntimeError(text)\nexcept RuntimeError:\n    log.exception('broke')"
    )
    assert len(lines) == 3
    for line in lines:
        assert "***" in line.replace("raise RuntimeError", "")
        assert "secretword" not in line
        assert "hunter2" not in line


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_character_breaks_a_line_or_steers_a_terminal(style: str) -> None:
    (line,) = logged(r"logging.getLogger('a').info('x\n{}\x1b[2J\ud800\u2028y')", style)
    assert line.isprintable()


def test_text_is_for_people_who_watch() -> None:
    (line,) = logged(
        "logs.request_id.set('r1'); logging.getLogger('a').info('Zoë came', extra={'fields': {'n': 1}})", "text"
    )
    assert line.endswith("level=INFO logger=a requestId=r1 n=1 Zoë came")


def test_uvicorns_lines_look_the_same_and_libraries_keep_quiet() -> None:
    lines = logged(
        "logging.getLogger('uvicorn.error').info('Started')\n"
        "logging.getLogger('uvicorn.access').info('GET /?query=hunter')\n"
        "logging.getLogger('httpx').info('GET http://')\n"
        "logging.getLogger('neo4j').info('RUN')\n"
    )
    assert [json.loads(line)["message"] for line in lines] == ["Started"]


def test_a_warning_of_pythons_is_a_line_too() -> None:
    assert one("import warnings; warnings.warn('old')")["logger"] == "py.warnings"
