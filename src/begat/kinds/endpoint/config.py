"""What a deployment is made of: traffic and settings, checked; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from begat.core.errors import Code, Problem, Problems, bad_input
from begat.core.text import check_name
from begat.gql.columns import from_json, to_json

MOST_SHARES = 20
SIZES = ("SMALL", "MEDIUM", "LARGE")
MOST_DAYS = 3_650
MOST_BYTES = 1_000_000_000_000
MOST_REDACTED = 100


class LogInputs(Enum):
    """What the inference log keeps of inputs."""

    ALL = "ALL"
    REDACTED = "REDACTED"
    NONE = "NONE"


@dataclass(frozen=True)
class Share:
    """A model version's part of the traffic, in whole percents."""

    model: str
    percent: int


@dataclass(frozen=True)
class Config:
    """The configuration of one deployment. ``keep_days`` and ``keep_bytes`` bound its log; None: without end."""

    traffic: tuple[Share, ...]
    size: str = "SMALL"
    scale_to_zero: bool = False
    log_inputs: str = LogInputs.ALL.value
    redact: tuple[str, ...] = ()
    keep_days: int | None = 90
    keep_bytes: int | None = 1_000_000_000
    anonymous_feedback: bool = False

    def properties(self) -> dict[str, Any]:
        """As an EndpointVersion keeps it."""
        return {
            "traffic": to_json([{"modelVersion": share.model, "percent": share.percent} for share in self.traffic]),
            "size": self.size,
            "scaleToZero": self.scale_to_zero,
            "logInputs": self.log_inputs,
            "redact": to_json(list(self.redact)),
            "keepDays": self.keep_days,
            "keepBytes": self.keep_bytes,
            "anonymousFeedback": self.anonymous_feedback,
        }


def of_version(version: Mapping[str, Any]) -> Config:
    """The configuration that an EndpointVersion keeps."""
    return Config(
        traffic=tuple(Share(one["modelVersion"], one["percent"]) for one in from_json(version["traffic"])),
        size=version["size"],
        scale_to_zero=version["scaleToZero"],
        log_inputs=version["logInputs"],
        redact=tuple(from_json(version["redact"])),
        keep_days=version.get("keepDays"),
        keep_bytes=version.get("keepBytes"),
        anonymous_feedback=version["anonymousFeedback"],
    )


def changed(config: Config, named: Mapping[str, Any]) -> Config:
    """The configuration with what ``named`` (Config's fields) changes, checked; raises BAD_INPUT or LIMIT.

    Fields to redact mean REDACTED where nothing is said of inputs; ALL and NONE have none.
    """
    wanted = dict(named)
    for name in ("traffic", "size", "scale_to_zero", "log_inputs", "redact", "anonymous_feedback"):
        if name in wanted and wanted[name] is None:
            path = _PATHS[name]
            raise bad_input(f"{path[-1]} cannot be null.", "input", *path, hint="Leave it out to keep it.")
    if "traffic" in wanted:
        wanted["traffic"] = check_traffic(wanted["traffic"])
    if "size" in wanted:
        wanted["size"] = _size(wanted["size"])
    if "redact" in wanted:
        wanted["redact"] = _redact(wanted["redact"])
    if wanted.get("redact") and "log_inputs" not in wanted:
        wanted["log_inputs"] = LogInputs.REDACTED.value
    if wanted.get("log_inputs") in (LogInputs.ALL.value, LogInputs.NONE.value):
        wanted.setdefault("redact", ())
    for name, most in (("keep_days", MOST_DAYS), ("keep_bytes", MOST_BYTES)):
        if (value := wanted.get(name)) is not None and not 1 <= value <= most:
            raise bad_input(f"This is a whole number from 1 to {most:,}, or null: without end.", "input", *_PATHS[name])
    found = replace(config, **wanted)
    if (found.log_inputs == LogInputs.REDACTED.value) != bool(found.redact):
        said = "REDACTED names the fields to redact" if not found.redact else f"{found.log_inputs} redacts no fields"
        raise bad_input(f"{said}.", "input", "logging", "redact", hint="inputs: REDACTED goes with redact: [names].")
    return found


_PATHS = {
    "traffic": ("traffic",),
    "size": ("size",),
    "scale_to_zero": ("scaleToZero",),
    "log_inputs": ("logging", "inputs"),
    "redact": ("logging", "redact"),
    "keep_days": ("logging", "keepDays"),
    "keep_bytes": ("logging", "keepBytes"),
    "anonymous_feedback": ("anonymousFeedback",),
}


def check_traffic(shares: Sequence[Share]) -> tuple[Share, ...]:
    """The shares, where they total 100: 1 to 20 model versions, each once, 1 to 100 percent each. Raises all that is
    wrong at once."""
    if not shares:
        raise bad_input("No model version is named.", "input", "traffic", hint="Name one with 100 percent.")
    if len(shares) > MOST_SHARES:
        raise Problem(Code.LIMIT, f"At most {MOST_SHARES} model versions.", path=("input", "traffic"))
    problems, seen = [], set()
    for place, share in enumerate(shares):
        if not 1 <= share.percent <= 100:
            message = f"A share is a whole number from 1 to 100, not {share.percent}."
            problems.append(bad_input(message, "input", "traffic", place, "percent"))
        if share.model in seen:
            message = "This model version stands here twice."
            problems.append(bad_input(message, "input", "traffic", place, "modelVersionId", hint="Add its percents."))
        seen.add(share.model)
    total = sum(share.percent for share in shares)
    if total != 100 and not problems:
        message = f"The percents total {total}; they must total 100."
        problems.append(bad_input(message, "input", "traffic", hint="Change them so that all traffic has an answer."))
    if problems:
        raise Problems(problems)
    return tuple(shares)


def _size(size: str) -> str:
    if size.upper() not in SIZES:
        raise bad_input("There is no such size.", "input", "size", hint=f"Use one of {', '.join(SIZES)}.")
    return size.upper()


def _redact(names: Sequence[str]) -> tuple[str, ...]:
    if len(names) > MOST_REDACTED:
        raise Problem(Code.LIMIT, f"At most {MOST_REDACTED} fields.", path=("input", "logging", "redact"))
    return tuple(sorted({check_name(name, "input", "logging", "redact", place) for place, name in enumerate(names)}))
