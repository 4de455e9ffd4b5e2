"""A platform: one implementation of each port."""

from __future__ import annotations

from dataclasses import dataclass

from begat.platforms.ports import Artifacts, Chat, Journals, Registry, Serving, Tables, Telemetry, Training, Webhooks


@dataclass(frozen=True)
class Platform:
    """What begat acts through. ``chat`` is None where no chat address is configured."""

    tables: Tables
    chat: Chat | None
    training: Training
    registry: Registry
    serving: Serving
    artifacts: Artifacts
    journals: Journals
    telemetry: Telemetry
    webhooks: Webhooks

    def close(self) -> None:
        """Ends what runs for this process."""
        self.serving.close()
        self.training.close()
        self.telemetry.close()
        if self.chat is not None:
            self.chat.close()
