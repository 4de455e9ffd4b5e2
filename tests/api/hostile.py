"""Bodies and documents that bring a stock GraphQL server down or keep its event loop for seconds."""

from __future__ import annotations

import json
from typing import Any

DEEP = "[" * 3000 + "]" * 3000
CHAIN = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(180))


def body(query: str, **more: Any) -> bytes:
    return json.dumps({"query": query, **more}).encode()


def many(count: int, text: str) -> str:
    """The text so often, each with its number for #."""
    return " ".join(text.replace("#", str(n)) for n in range(count))


BODIES: dict[str, bytes] = {
    "null": b"null",
    "3": b"3",
    "true": b"true",
    "a string": b'"x"',
    "not UTF-8": b'{"query": "{ viewer { name } } #\xff"}',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "3,000 levels": b'{"query": "{ __typename }", "variables": {"a": ' + DEEP.encode() + b"}}",
    "3,000 levels of objects": b'{"a": ' * 3000 + b"1" + b"}" * 3000,
    "a number of 5,000 digits": b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5000 + b"}}",
    "that number outside of variables": b'{"query": "{ __typename }", "other": ' + b"9" * 5000 + b"}",
    "that number in the document": body("{ assets(first: " + "9" * 5000 + ") { totalCount } }"),
    "half a pair in operationName": b'{"query": "query A { __typename }", "operationName": "\\ud800"}',
    "half a pair in a variable": b'{"query": "{ __typename }", "variables": {"a": "\\udc00"}}',
    "half a pair in the document": body('{ asset(id: "\\ud800") { id } }'),
    "NaN": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    "Infinity": b'{"query": "{ __typename }", "variables": {"a": [-Infinity]}}',
    "an unknown operationName": body("query A { __typename }", operationName="B"),
    "a long unknown operationName": body("query A { __typename }", operationName="B" * 500_000),
    "a batch": b'[{"query": "{ __typename }"}]',
    "600,000 empty lists": b'{"query": "{ __typename }", "variables": {"a": [' + b"[]," * 600_000 + b"[]]}}",
    "600,000 strings": b'{"query": "{ __typename }", "variables": {"a": [' + b'"",' * 600_000 + b'""]}}',
    "2 MB of escapes that never end": b'"' + b'\\"' * 1_000_000,
    "2 MB of commas in an open string": b'{"query": "' + b"," * 2_000_000,
    "400 numbers of 4,200 digits": b'{"a": [' + (b"9" * 4200 + b",") * 400 + b"1]}",
    "20,000 unused fragments": body("{ __typename } " + many(20_000, "fragment F# on Query { __typename }")),
    "150 unused fragments": body("{ __typename } " + many(150, "fragment F# on Query { __typename }")),
    "a chain of 180 fragments": body("{ ...F0 } " + CHAIN + " fragment F180 on Query { __typename }"),
    "20,000 aliases": body("{ " + many(20_000, "a#: __typename") + " }"),
    "400 aliases": body("{ " + many(400, "a#: __typename") + " }"),
    "500 conflicting uses of a name": body("{ " + many(500, 'x: asset(id: "#") { id }') + " }"),
    "140 conflicting uses of a name": body("{ " + many(140, 'asset(id: "#") { id }') + " }"),
    "repeats in repeats in repeats": body(
        "{ " + many(12, 'asset(id: "1") { ' + many(10, "project { " + many(7, "id") + " }") + " }") + " }"
    ),
    "20,000 unknown directives": body("{ viewer { name " + "@a " * 20_000 + "} }"),
    "700 unknown directives": body("{ viewer { name " + "@a " * 700 + "} }"),
    "20,000 repeats": body("{ viewer { " + "name " * 20_000 + "} }"),
    "1,400 repeats": body("{ viewer { " + "name " * 1_400 + "} }"),
    "200 aliased __schema": body("{ " + many(200, "s#: __schema { types { name } }") + " }"),
    "20 aliased __schema": body("{ " + many(20, "s#: __schema { types { fields { name } } }") + " }"),
    "a name of 100 kB": body("{ " + "a" * 99_000 + " }"),
    "an enum value of 100 kB": body("{ assets(orderBy: " + "A" * 99_000 + ") { totalCount } }"),
    "1,400 unknown fields": body("{ " + many(1_400, "asse#") + " }"),
    "150 unknown input fields": body("{ assets(where: {" + many(150, "a#: 1") + "}) { totalCount } }"),
    "10,000 bad ids": body("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", variables={"ids": [{}] * 10_000}),
    "walks of walks of walks": body(
        "{ assets(first: 1000) { nodes { downstream(depth: 20) { nodes(first: 1000) { nodes { asset { upstream(depth: 9"
        ") { nodes(first: 1000) { nodes { id } } } } } } } } } }"
    ),
    "lists of lists by variables": body(
        "query Q($n: Int!) { models(first: $n) { nodes { versions(first: $n) { nodes { history(first: $n) { nodes {"
        " actor } } } } } } }",
        variables={"n": 1000},
    ),
}  # fmt: skip
"""Each is a request error, in JSON."""
