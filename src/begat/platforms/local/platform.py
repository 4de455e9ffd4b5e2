"""The local platform, put together from the settings."""

from __future__ import annotations

from pathlib import Path

from begat.platforms.local.artifacts import LocalArtifacts
from begat.platforms.local.chat import OpenAIChat
from begat.platforms.local.journal import FileJournals
from begat.platforms.local.registry import LocalRegistry
from begat.platforms.local.serving import LocalServing
from begat.platforms.local.tables import LocalTables
from begat.platforms.local.telemetry import LocalTelemetry
from begat.platforms.local.training import LocalTraining
from begat.platforms.local.webhooks import HttpWebhooks
from begat.platforms.platform import Platform


def open_platform(
    home: Path, tables: Path, chat_url: str | None, chat_key: str | None, *, webhook_private: bool = False
) -> Platform:
    """Tables under ``tables``; snapshots, runs, models and the inference log under ``home``; chat by the address, where
    there is one."""
    tables.mkdir(parents=True, exist_ok=True)
    return Platform(
        tables=LocalTables(tables),
        chat=OpenAIChat(chat_url, chat_key) if chat_url else None,
        training=LocalTraining(home),
        registry=LocalRegistry(home),
        serving=LocalServing(home),
        artifacts=LocalArtifacts(home),
        journals=FileJournals(home),
        telemetry=LocalTelemetry(home),
        webhooks=HttpWebhooks(private=webhook_private),
    )
