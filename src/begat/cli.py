"""The command line: `begat serve`, `begat demo`, `begat schema`, `begat token`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from begat import logs
from begat.config import Settings
from begat.core.errors import Problem, Problems, bad_input
from begat.core.text import many

REFUSED = 2
"""The exit code of a command that could not be carried out."""
DIFFERS = 1

Command = Callable[[argparse.Namespace, Settings], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. What cannot be done is one line on stderr."""
    try:
        chosen = _parser().parse_args(arguments)
        settings = Settings.read(os.environ)
        logs.configure(settings.log, secrets=settings.secrets)
        command: Command = chosen.command
        return command(chosen, settings)
    except Problem as problem:
        return _refused(problem.message, problem.hint)
    except Problems as several:
        return _refused(*(problem.message for problem in several.problems))
    except BrokenPipeError:
        # Whoever read us has left; Python would complain about it when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return _refused(f"{error.filename}: {error.strerror}." if error.filename else str(error))


def _serve(chosen: argparse.Namespace, settings: Settings) -> int:
    from begat import serving  # loads everything: the other commands start faster without

    def ready(address: str) -> None:
        _say(f"begat serves {address}/graphql; end it with Ctrl-C.")

    return serving.run(lambda ending: serving.serve(settings, chosen.host, chosen.port, ending, ready))


def _demo(chosen: argparse.Namespace, settings: Settings) -> int:
    from begat.demo.main import run

    settings.check_host(chosen.host)
    if settings.trusted_documents:
        hint = "Unset it for the demo."
        raise bad_input(
            "The demo sends documents of its own, which are not trusted.", "BEGAT_TRUSTED_DOCUMENTS", hint=hint
        )
    return run(settings, chosen.host, chosen.port)


def _schema(chosen: argparse.Namespace, settings: Settings) -> int:
    try:
        kept = None if chosen.check is None else chosen.check.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise bad_input(f"{chosen.check} cannot be read: {error}.", "check") from error
    from begat.api import schema

    text = schema.printed()
    if kept is None:
        sys.stdout.write(text)
        return 0
    if kept != text:
        sys.stderr.write(f"begat: {chosen.check} is not the schema: run `begat schema > {chosen.check}`.\n")
        return DIFFERS
    return 0


def _token_create(chosen: argparse.Namespace, settings: Settings) -> int:
    from begat.access import tokens

    tokens.check(chosen.name, chosen.group)  # before a graph is started for it
    from begat.service import graph_beside

    async def work() -> str:
        async with graph_beside(settings) as graph:
            return await tokens.create(graph, chosen.name, admin=chosen.admin, groups=chosen.group)

    _say(asyncio.run(work()))  # once: only its hash is kept
    return 0


def _token_revoke(chosen: argparse.Namespace, settings: Settings) -> int:
    from begat.access import tokens
    from begat.service import graph_beside

    async def work() -> int:
        async with graph_beside(settings) as graph:
            return await tokens.revoke(graph, chosen.name)

    count = asyncio.run(work())
    _say(f"{many(count, 'token')} of {chosen.name} revoked.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="begat", description="A GraphQL API for the life of machine-learning assets.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve /graphql, with GraphiQL for a browser")
    _address(serve)
    serve.set_defaults(command=_serve)

    demo = commands.add_parser("demo", help="a whole life on real questions, and GraphiQL on what came of it")
    _address(demo)
    demo.set_defaults(command=_demo)

    schema = commands.add_parser("schema", help="print the GraphQL schema")
    schema.add_argument("--check", type=Path, metavar="FILE", help="instead, exit with 1 where FILE is not the schema")
    schema.set_defaults(command=_schema)

    token = commands.add_parser("token", help="bearer tokens, which BEGAT_AUTH=tokens demands")
    acts = token.add_subparsers(required=True, metavar="ACT")
    create = acts.add_parser("create", help="make a token and print it, once")
    create.add_argument("name", metavar="NAME", help="the person or service that holds it")
    create.add_argument("--admin", action="store_true", help="owns every project and may make new ones")
    create.add_argument("--group", action="append", default=[], metavar="G", help="a group it is in; may be repeated")
    create.set_defaults(command=_token_create)
    revoke = acts.add_parser("revoke", help="take all tokens of a name away")
    revoke.add_argument("name", metavar="NAME", help="the person or service that holds them")
    revoke.set_defaults(command=_token_revoke)
    return parser


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="the port, 0 for any free one (default: %(default)s)")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 0 to 65535")
    return int(text[:6])


class _Parser(argparse.ArgumentParser):
    """Complains in one line, as every other refusal does."""

    def error(self, message: str) -> NoReturn:
        self.exit(_refused(message, f"See `{self.prog} --help`."))


def _refused(*parts: str | None) -> int:
    line = " ".join(" ".join(part.split()) for part in parts if part)
    sys.stderr.write(f"begat: {line}\n")
    return REFUSED


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
