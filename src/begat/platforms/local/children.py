"""What the worker processes of the local platform share, on either side: how they are started and how they end."""

from __future__ import annotations

import os
import re

EXIT_ENDED = 76
"""The parent is gone, or the work is to be cancelled."""

# What a worker needs of the environment. The rest stays here: a worker handles no secret, so it can leak none.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE")
_LINES = 3
_PATH = re.compile(r"(?<!\w)(?:[A-Za-z]:)?(?:[\\/]+[^\s\\/'\":,;()<>]+)+[\\/]*")


def command(python: str, module: str, *arguments: str) -> list[str]:
    """What runs the module as a process. -P: what lies where begat was started is data, not modules."""
    return [python, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """What a worker is given of this process's environment."""
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}


def use_one_thread() -> None:
    """One thread a worker: begat decides how many workers a machine bears, and sums are added in one order. The
    libraries read this when they are loaded, so it comes first."""
    for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR"):
        os.environ[f"{library}_NUM_THREADS"] = "1"


def last_words(stderr: str) -> str:
    """The last lines that are no stack, each path reduced to its last part, at most 300 characters."""
    lines = [line for line in stderr.splitlines() if line.strip() and not line.startswith((" ", "\t", "Traceback"))]
    return " ".join(
        _PATH.sub(lambda match: re.split(r"[\\/]", match[0].rstrip("\\/"))[-1], line) for line in lines[-_LINES:]
    )[:300]
