"""Trusted documents: a file of the only documents that are answered, each named by an id.

By the persisted documents appendix of the GraphQL-over-HTTP specification (a draft): a request names its document as
``documentId``, by the manifest's own id or as ``sha256:`` and the hash of its text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from graphql import OperationDefinitionNode

from begat.api.documents import Documents, Invalid
from begat.api.messages import GraphQLRequest, Refusal, malformed
from begat.core.errors import Code, Problem, bad_input

SETTING = "BEGAT_TRUSTED_DOCUMENTS"
APOLLO = "apollo-persisted-query-manifest"
MOST_BYTES = 50_000_000


class Trusted:
    """The documents of a manifest."""

    def __init__(self, documents: Mapping[str, str]) -> None:
        """``documents`` are texts by id."""
        self._by_id = {**{sha256(text): text for text in documents.values()}, **documents}
        self._texts = frozenset(documents.values())

    def __len__(self) -> int:
        """How many documents are trusted."""
        return len(self._texts)

    def request(self, request: GraphQLRequest) -> GraphQLRequest:
        """The request with its document's text. Raises a Refusal: 400 for an unknown id, 403 for a text that is not
        trusted."""
        if request.document_id is None:
            if request.query in self._texts:
                return request
            message = "Only trusted documents are answered here, and this is none."
            raise Refusal(403, Code.FORBIDDEN, message, path=("query",), hint="Name a trusted one as documentId.")
        text = self._by_id.get(request.document_id)
        if text is None:
            message = f"There is no trusted document {request.document_id[:100]!r}."
            raise Refusal(400, Code.NOT_FOUND, message, path=("documentId",), hint="Deploy the client's manifest.")
        if request.query not in ("", text):
            raise malformed("query is another document than documentId names.", "query", hint="Send one of them.")
        return replace(request, query=text, document_id=None)


def named(trusted: Trusted | None, request: GraphQLRequest) -> GraphQLRequest:
    """The request with its document's text, where documents are trusted or where any are answered."""
    if trusted is not None:
        return trusted.request(request)
    if request.document_id is not None:
        raise malformed("No documents are known here by id.", "documentId", hint="Send the document as query.")
    return request


def load(path: Path, documents: Documents) -> Trusted:
    """The documents in this file, all valid. Raises BAD_INPUT, whose path is the setting, and says which is not."""
    found = _texts(_read(path), path)
    for id, text in found.items():
        if id.startswith("sha256:") and id != sha256(text):
            raise _wrong(path, f"{id[:100]!r} is not the hash of its document; that is {sha256(text)}")
        try:
            document = documents.read(text)
        except (Invalid, Problem) as error:
            raise _wrong(path, f"{id[:100]!r} is not valid: {error}"[:600].rstrip(".")) from error
        if not any(isinstance(one, OperationDefinitionNode) for one in document.definitions):
            raise _wrong(path, f"{id[:100]!r} has no operation")
    return Trusted(found)


def sha256(text: str) -> str:
    """The id by which every document is known."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _read(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise _wrong(path, f"it has more than {MOST_BYTES} bytes")
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=lambda pairs: _once(path, pairs))
    except OSError as error:
        raise _wrong(path, f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise _wrong(path, "it is not JSON in UTF-8") from error


def _once(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _wrong(path, "it has a key twice")
    return found


def _texts(manifest: Any, path: Path) -> dict[str, str]:
    """Texts by id: the manifest itself, as Relay and graphql-codegen write it, or the operations of Apollo's."""
    if isinstance(manifest, dict) and manifest.get("format") == APOLLO:
        operations = manifest.get("operations")
        if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
            raise _wrong(path, "its operations are no list of objects")
        pairs = [(one.get("id"), one.get("body")) for one in operations]
    elif isinstance(manifest, dict):
        pairs = list(manifest.items())
    else:
        raise _wrong(path, "it is no JSON object of documents by id")
    found: dict[str, str] = {}
    for id, text in pairs:
        if not isinstance(id, str) or not id or not isinstance(text, str):
            raise _wrong(path, f"{str(id)[:100]!r} is no text with an id")
        if found.setdefault(id, text) != text:
            raise _wrong(path, f"{id[:100]!r} is there twice")
    if not found:
        raise _wrong(path, "it has no documents")
    return found


def _wrong(path: Path, what: str) -> Problem:
    return bad_input(
        f"{SETTING}, {path}: {what}.",
        SETTING,
        hint='Name a JSON file of documents by id: {"<id>": "query ..."}.',
    )
