"""A small model that was really trained, and where it is served."""

from __future__ import annotations

import functools
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from tests.platforms.local.training_samples import small

from begat.platforms.local import fitting, predictor
from begat.platforms.local.predictor import Predictor
from begat.platforms.local.registry import LocalRegistry
from begat.platforms.ports import ModelRef


@functools.cache
def trained() -> bytes:
    """The model's file."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fitting.train(small(home), home / "model.joblib", lambda *_: None)
        return (home / "model.joblib").read_bytes()


def registered(home: Path, version: int = 1) -> ModelRef:
    """The model, where a serving over ``home`` looks for it."""
    file = home / f"trained_{version}.joblib"
    file.write_bytes(trained())
    sha256 = hashlib.sha256(trained()).hexdigest()
    uri = LocalRegistry(home).register("intents", version, file, sha256, {})
    return ModelRef(f"model_intents:v{version}", uri, sha256)


def in_memory(home: Path) -> Predictor:
    """The same model in our own memory."""
    file = home / "trained_1.joblib"
    return predictor.load(file, hashlib.sha256(trained()).hexdigest())


def address(home: Path) -> dict[str, Any]:
    """What the file says that tells where the worker answers."""
    found: dict[str, Any] = json.loads((home / "serving" / "address.json").read_text())
    return found


def seen_of(pid: int, what: str) -> bytes:
    """What others of the same user can see of a process."""
    return Path(f"/proc/{pid}/{what}").read_bytes()


def ended(pid: int) -> bool:
    """Whether there is no such process any more, or only its exit code."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        # While any of its threads is still ending, nobody gets the exit code.
        return state == "Z" and len(list(Path(f"/proc/{pid}/task").iterdir())) == 1
    except (FileNotFoundError, ProcessLookupError):
        return True
