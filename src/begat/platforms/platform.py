"""A platform: one implementation of each port."""

from __future__ import annotations

from dataclasses import dataclass

from begat.platforms.ports import Artifacts, Chat, Registry, Tables, Telemetry, Training


@dataclass(frozen=True)
class Platform:
    """What begat acts through. ``chat`` is None where no chat address is configured."""

    tables: Tables
    chat: Chat | None
    training: Training
    registry: Registry
    artifacts: Artifacts
    telemetry: Telemetry

    def close(self) -> None:
        """Ends what runs for this process."""
        self.training.close()
        self.telemetry.close()
        if self.chat is not None:
            self.chat.close()
