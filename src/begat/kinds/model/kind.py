"""Model and ModelVersion: what trainings produce, and external chat models that only answer."""

from __future__ import annotations

from typing import Any

from begat.core.errors import Code
from begat.core.kind import Kind
from begat.core.lifecycle import Guard, Lifecycle, Move, Sees, states
from begat.core.usage import user, users
from begat.kinds.training_job.kind import GOES_ON, unfinished

_NAMED = "EXISTS { MATCH (a:Alias) WHERE a.version = n.id AND a.until IS NULL }"
_TRAINED = f"EXISTS {{ MATCH (j:TrainingJob) WHERE j.model = n.id AND j.{GOES_ON} }}"


def _answers(version: str) -> str:
    """The unfinished training sheets that a model version answers; ``version`` is the way to it."""
    return (
        f"[{version}<-[:ANSWERED_BY]-(:TrainingSheetVersion)-[:OF]->(u:TrainingSheet) "
        f"WHERE u.retention = 'LIVE' AND u.status <> 'FINALIZED' | {user('u')}]"
    )


def _serving(version: str) -> str:
    """The endpoints that a model version answers, or is to; ``version`` is the way to it."""
    return (
        f"[{version}<-[:SERVES]-(v:EndpointVersion)-[:OF]->(u:Endpoint) "
        f"WHERE v.status IN ['SERVING', 'DEPLOYING'] | {user('u')}]"
    )


def _used(version: str) -> str:
    """All that a model version is in use by; ``version`` is the way to it."""
    return f"{_answers(version)} + {_serving(version)} + {unfinished(f'{version}<-[:STARTED_FROM]')}"


def _not_named(named: Any, sees: Sees) -> list[str]:
    return ["An alias such as champion names it: promote another version or remove the alias."] if named else []


def _version_users(fact: Any, sees: Sees) -> list[str]:
    named, used = fact or (False, [])
    return _not_named(named, sees) + users(used, sees)


def _model_users(fact: Any, sees: Sees) -> list[str]:
    trained, used = fact or (False, [])
    return (["A training of it has not ended."] if trained else []) + users(used, sees)


_OF_MODEL = "(n)<-[:OF]-(:ModelVersion)"


MODEL = Kind(
    name="MODEL",
    label="Model",
    prefix="model",
    noun="model",
    lifecycle=Lifecycle(
        "ACTIVE",
        (
            Move("deprecate", states("ACTIVE"), "DEPRECATED"),
            Move("reinstate", states("DEPRECATED"), "ACTIVE"),
        ),
    ),
    in_use=Guard(f"[{_TRAINED}, {_used(_OF_MODEL)}]", _model_users, Code.IN_USE),
    serving=Guard(_serving(_OF_MODEL), users, Code.IN_USE),
)

MODEL_VERSION = Kind(
    name="MODEL_VERSION",
    label="ModelVersion",
    prefix="mver",
    noun="model version",
    lifecycle=Lifecycle(
        "REGISTERING",
        (
            Move("ready", states("REGISTERING"), "READY", platform=True),
            Move("fail", states("REGISTERING"), "FAILED", platform=True),
            Move("retire", states("READY"), "RETIRED", guard=Guard(f"[{_NAMED}, {_serving('(n)')}]", _version_users)),
            Move("reinstate", states("RETIRED"), "READY"),
        ),
    ),
    in_use=Guard(f"[{_NAMED}, {_used('(n)')}]", _version_users, Code.IN_USE),
    serving=Guard(_serving("(n)"), users, Code.IN_USE),
)
