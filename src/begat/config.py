"""The settings: one frozen value, read once from the environment."""

from __future__ import annotations

import difflib
import ipaddress
import os
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from begat.core.errors import Code, Problem, bad_input

KNOWN = (
    "BEGAT_AUTH",
    "BEGAT_CHAT_KEY",
    "BEGAT_CHAT_URL",
    "BEGAT_DEADLINE",
    "BEGAT_FAST",
    "BEGAT_HOME",
    "BEGAT_JAVA_OPTIONS",
    "BEGAT_LOG",
    "BEGAT_MAX_BODY",
    "BEGAT_PLATFORM",
    "BEGAT_TABLES",
    "BEGAT_TRUSTED_DOCUMENTS",
    "BEGAT_WEBHOOK_PRIVATE",
)
# The test suite's own switches; they reach the begat processes that tests start, and mean nothing there.
FOR_TESTS = ("BEGAT_CHROMIUM", "BEGAT_REQUIRE_", "BEGAT_TEST_")

NEO4J_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. Secrets are left out of ``repr``; read them by name only where they are used."""

    home: Path
    """BEGAT_HOME: where begat keeps its own files; readable by its owner only."""
    tables: Path
    """BEGAT_TABLES: the folder whose files are the local platform's tables."""
    platform: Literal["local"] = "local"
    """BEGAT_PLATFORM."""
    auth: Literal["tokens"] | None = None
    """BEGAT_AUTH: None is one trusted user on this machine; "tokens" demands a bearer token of everybody."""
    chat_url: str | None = None
    """BEGAT_CHAT_URL: the base address of an OpenAI-compatible chat service."""
    chat_key: str | None = field(default=None, repr=False)
    """BEGAT_CHAT_KEY."""
    java_options: tuple[str, ...] = ()
    """BEGAT_JAVA_OPTIONS: further options of the embedded graph's Java, such as -Xmx4g."""
    log: Literal["json", "text"] = "json"
    """BEGAT_LOG: how log lines look on stderr."""
    max_body: int = 2 * 1024 * 1024
    """BEGAT_MAX_BODY: the largest request body, in bytes."""
    deadline: float = 30.0
    """BEGAT_DEADLINE: the most seconds that a request may take."""
    fast: bool = True
    """BEGAT_FAST: 0 answers every query by plain graphql-core, field by field; the answers are the same."""
    trusted_documents: Path | None = None
    """BEGAT_TRUSTED_DOCUMENTS: a file of the only documents that are answered; None answers any."""
    webhook_private: bool = False
    """BEGAT_WEBHOOK_PRIVATE: 1 lets webhooks call private and loopback addresses."""
    neo4j_uri: str | None = None
    """NEO4J_URI: the graph database; None starts the embedded one."""
    neo4j_username: str = "neo4j"
    neo4j_password: str | None = field(default=None, repr=False)
    neo4j_database: str | None = None

    @staticmethod
    def read(environ: Mapping[str, str]) -> Settings:
        """The settings that ``environ`` holds; an empty variable counts as unset.

        Touches no file. Raises BAD_INPUT, whose path is the variable, for an unknown ``BEGAT_*`` or a bad value.
        """
        for name in sorted(environ):
            if name.startswith("BEGAT_") and name not in KNOWN and not name.startswith(FOR_TESTS):
                nearest = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.0)[0]
                raise bad_input(
                    f"There is no setting {name}.",
                    name,
                    hint=f"Did you mean {nearest}? The settings are {', '.join(KNOWN)}.",
                )

        def value(name: str) -> str | None:
            return environ.get(name, "").strip() or None

        home = _path(value("BEGAT_HOME") or "~/.begat")
        tables = value("BEGAT_TABLES")
        documents = value("BEGAT_TRUSTED_DOCUMENTS")
        return Settings(
            home=home,
            tables=_path(tables) if tables else home / "tables",
            platform=_platform(value("BEGAT_PLATFORM")),
            auth=_auth(value("BEGAT_AUTH")),
            chat_url=_address("BEGAT_CHAT_URL", value("BEGAT_CHAT_URL"), ("http", "https")),
            chat_key=value("BEGAT_CHAT_KEY"),
            java_options=_options("BEGAT_JAVA_OPTIONS", value("BEGAT_JAVA_OPTIONS")),
            log=_log(value("BEGAT_LOG")),
            max_body=_bytes("BEGAT_MAX_BODY", value("BEGAT_MAX_BODY"), 2 * 1024 * 1024),
            deadline=_seconds("BEGAT_DEADLINE", value("BEGAT_DEADLINE"), 30.0),
            fast=_flag("BEGAT_FAST", value("BEGAT_FAST") or "1"),
            trusted_documents=_path(documents) if documents else None,
            webhook_private=_flag("BEGAT_WEBHOOK_PRIVATE", value("BEGAT_WEBHOOK_PRIVATE")),
            neo4j_uri=_address("NEO4J_URI", value("NEO4J_URI"), NEO4J_SCHEMES),
            neo4j_username=value("NEO4J_USERNAME") or "neo4j",
            neo4j_password=value("NEO4J_PASSWORD"),
            neo4j_database=value("NEO4J_DATABASE"),
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that no log line may show."""
        return tuple(secret for secret in (self.chat_key, self.neo4j_password) if secret)

    def make_home(self) -> Path:
        """Make ``home``, readable by its owner only, and the tables' folder where that lies in it. Returns ``home``.

        Raises BAD_INPUT where a folder that is there already, with something in it, is open to others: what else lies
        in it is not begat's, so begat does not close it.
        """
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.name == "posix" and stat.S_IMODE(self.home.stat().st_mode) & 0o077:
                if any(self.home.iterdir()):
                    raise bad_input(
                        f"Other users of this machine can look into BEGAT_HOME, {self.home}.",
                        "BEGAT_HOME",
                        hint=f"Run chmod 700 {self.home}, or name a new folder.",
                    )
                self.home.chmod(0o700)
            if self.tables.is_relative_to(self.home):
                self.tables.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise bad_input(
                f"BEGAT_HOME, {self.home}, cannot be used: {error.strerror}.",
                "BEGAT_HOME",
                hint="Name a folder that you may write to.",
            ) from error
        return self.home

    def check_host(self, host: str) -> None:
        """Refuse to listen where others can reach begat while nobody has to say who they are. Raises FORBIDDEN."""
        if self.auth is None and not is_loopback(host):
            raise Problem(
                Code.FORBIDDEN,
                f"Without BEGAT_AUTH begat trusts whoever reaches it, so it does not listen on {host!r}.",
                path=("host",),
                hint="Keep --host 127.0.0.1, or set BEGAT_AUTH=tokens and make a token with `begat token create`.",
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``: 127.0.0.0/8, ::1 or localhost."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def _path(text: str) -> Path:
    return Path(os.path.abspath(Path(text).expanduser()))


def _platform(text: str | None) -> Literal["local"]:
    if text in (None, "local"):
        return "local"
    raise bad_input(
        f"The only platform today is local; BEGAT_PLATFORM is {text!r}.", "BEGAT_PLATFORM", hint="Set it to local."
    )


def _auth(text: str | None) -> Literal["tokens"] | None:
    if text is None or text == "tokens":
        return "tokens" if text else None
    raise bad_input(f"BEGAT_AUTH cannot be {text!r}.", "BEGAT_AUTH", hint="Set it to tokens, or unset it.")


def _log(text: str | None) -> Literal["json", "text"]:
    if text in (None, "json"):
        return "json"
    if text == "text":
        return "text"
    raise bad_input(f"BEGAT_LOG cannot be {text!r}.", "BEGAT_LOG", hint="Set it to json or text.")


def _options(name: str, text: str | None) -> tuple[str, ...]:
    try:
        options = tuple(shlex.split(text or ""))
    except ValueError as error:
        raise bad_input(f"{name} has a quotation mark without its other.", name) from error
    for option in options:
        if not option.startswith("-"):
            raise bad_input(f"{name} holds {option!r}, which is no option.", name, hint="An option begins with -.")
    return options


def _flag(name: str, text: str | None) -> bool:
    if text in (None, "0", "1"):
        return text == "1"
    raise bad_input(f"{name} cannot be {text!r}.", name, hint="Set it to 0 or 1, or unset it.")


def _bytes(name: str, text: str | None, default: int) -> int:
    if text is None:
        return default
    if text.isascii() and text.isdigit() and 1_000 <= int(text[:12]) <= 100_000_000:
        return int(text[:12])
    raise bad_input(f"{name} is not a number of bytes from 1000 to 100000000.", name)


def _seconds(name: str, text: str | None, default: float) -> float:
    if text is None:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if 0.1 <= seconds <= 600:
        return seconds
    raise bad_input(f"{name} is not a number of seconds from 0.1 to 600.", name)


def _address(name: str, text: str | None, schemes: tuple[str, ...]) -> str | None:
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        wrong = parts.scheme not in schemes or not parts.hostname or parts.port == 0
        secret = parts.username is not None or parts.password is not None
    except ValueError:
        wrong, secret = True, False
    # The address is not repeated: it may hold a password.
    if secret:
        raise bad_input(f"{name} holds a user name or password.", name, hint=_SECRET_HINTS[name])
    if wrong:
        raise bad_input(f"{name} is no address that begins with {'://, '.join(schemes)}://.", name)
    return text


_SECRET_HINTS: Mapping[str, str] = {
    "NEO4J_URI": "Put them into NEO4J_USERNAME and NEO4J_PASSWORD.",
    "BEGAT_CHAT_URL": "Put the key into BEGAT_CHAT_KEY.",
}
