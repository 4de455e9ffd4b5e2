"""A platform: one implementation of each port."""

from __future__ import annotations

from dataclasses import dataclass

from begat.platforms.ports import Artifacts, Chat, Registry, Tables, Training


@dataclass(frozen=True)
class Platform:
    """What begat acts through. ``chat`` is None where no chat address is configured."""

    tables: Tables
    chat: Chat | None
    training: Training
    registry: Registry
    artifacts: Artifacts

    def close(self) -> None:
        """Ends what runs for this process."""
        self.training.close()
        if self.chat is not None:
            self.chat.close()
