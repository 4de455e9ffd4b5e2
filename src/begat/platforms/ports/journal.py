"""The journal of questions that cost money: none is asked twice, also after a crash in the middle of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Call:
    """What came of one question: ``text``, or ``problem`` (code, message, hint). Tokens are None where they were not
    counted; ``paid`` is whether an answer came, of which tokens could have been counted."""

    key: str
    text: str | None
    problem: tuple[str, str, str | None] | None
    tokens_in: int | None
    tokens_out: int | None
    paid: bool


class Journal(Protocol):
    """One run's questions. Each is known by a key that names what is asked for which row. Safe in threads, and where
    several processes write one journal."""

    def known(self, key: str) -> bool:
        """Whether it was asked by now, as far as this object has read."""
        ...

    def begin(self, key: str) -> Call | None:
        """Says that a question is about to be asked: None where it may be, and then it is on disk that it was begun.
        Else what came of it before: the Call, or, where that was never written, one whose problem says that it may have
        been billed. Raises UNAVAILABLE where the disk takes nothing, and then nothing may be asked."""
        ...

    def end(self, call: Call) -> None:
        """Keeps what came of a question that was begun."""
        ...

    def calls(self) -> list[Call]:
        """What came of all its questions so far, those of earlier runs that it reuses included."""
        ...


class Journals(Protocol):
    """Where journals are kept, readable by begat's user only."""

    def open(self, subject: str, run: str, earlier: Sequence[str] = ()) -> Journal:
        """The journal of a run of a subject (both are ids of begat's). Answers of ``earlier`` runs of the same subject
        are taken instead of asking again; what they left open or refused is asked."""
        ...

    def runs(self, subject: str) -> list[str]:
        """The runs of a subject whose journals are kept."""
        ...

    def subjects(self) -> list[str]:
        """Everything that has journals."""
        ...

    def forget(self, subject: str, run: str | None = None) -> None:
        """Takes a journal away, or all of a subject: what it said is in the graph by now."""
        ...
