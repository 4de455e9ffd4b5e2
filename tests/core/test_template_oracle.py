"""What is rendered is what Jinja's own sandbox renders."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from begat.core.errors import Problem
from begat.core.templates import render

JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)

VALUES: dict[str, Any] = {
    "a": "It's  a <b>small</b> text, with Ümläuts-and more.",
    "b": "two\nlines\n\n",
    "n": 7,
    "f": -2.5,
    "t": True,
    "none": None,
    "xs": ["b", "A", "a", "C", "", "b"],
    "ns": [3, 1, 2.5, 3, -4],
    "m": {"name": "Ada", "tags": ["x", "y"], "inner": {"k": 1}},
}


def both(prompt: str) -> tuple[str | None, str | None]:
    """What we render, and what Jinja renders; None where it is refused."""
    try:
        ours: str | None = render(None, prompt, VALUES).prompt
    except Problem:
        ours = None
    try:
        theirs: str | None = JINJA.from_string(prompt).render(**VALUES)
    except Exception:  # noqa: BLE001, S110, RUF100 - whatever it is, it refuses
        theirs = None
    return ours, theirs


# A grammar of well-typed expressions: both must accept what it makes, but for a division by zero and the like.
PLAIN_TEXT = st.sampled_from(["a", "b", "m.name", "m['name']", "'x y'", "''", '"-"'])
PLAIN_NUMBER = st.sampled_from(["n", "f", "0", "1", "2.5", "m.inner.k", "xs|length", "a|wordcount"])


def joined(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Text of the pattern with its holes filled."""
    return st.tuples(*parts).map(lambda filled: pattern.format(*filled))


def opaque(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The same strategy, which Hypothesis cannot write out: its text would have megabytes."""

    @st.composite
    def drawn(draw: st.DrawFn) -> str:
        return draw(strategy)

    return drawn()


PLAIN = {
    "text": PLAIN_TEXT,
    "number": PLAIN_NUMBER,
    "truth": st.sampled_from(["t", "true", "false", "(none is none)", "(m is mapping)", "('k' in m.inner)"]),
    "list": st.sampled_from(["xs", "m.tags", "(m|list)", "[]", "xs[1:4]", "xs[::-1]"]),
}


def expressions(inner: dict[str, st.SearchStrategy[str]]) -> dict[str, st.SearchStrategy[str]]:
    """Strategies for expressions by type, made of inner ones."""
    text, number, truth, items = inner["text"], inner["number"], inner["truth"], inner["list"]
    pipes = st.sampled_from(
        [
            *["upper", "lower", "title", "capitalize", "trim", "string", "reverse", "trim('x')", "truncate(9)"],
            *["truncate(9, true, '~')", "indent", "indent(2, true)", "replace('a', 'bb')", "replace('a', 'b', 1)"],
            *["replace('', '.')", "default('z')", "default('z', true)"],
        ]
    )
    texts = st.one_of(
        text,
        joined("({}|{})", text, pipes),
        joined("({} ~ {} ~ {})", text, number, truth),
        joined("({} + {})", text, text),
        joined("({} if {} else {})", text, truth, text),
        joined("({}|join({}))", items, text),
        joined("({}[{}:{}])", text, st.integers(-3, 9).map(str), st.integers(-3, 9).map(str)),
    )
    numbers = st.one_of(
        number,
        joined("({} {} {})", number, st.sampled_from(["+", "-", "*", "/", "//", "%"]), number),
        joined("(-{})", number),
        joined("({}|{})", number, st.sampled_from(["abs", "int", "float", "round", "round(1)", "round(1,'floor')"])),
        joined("({}|{})", text, st.sampled_from(["int", "float", "int(5)", "length", "wordcount"])),
    )
    truths = st.one_of(
        truth,
        joined("({} {} {})", number, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), number),
        joined("({} {} {})", text, st.sampled_from(["<", "==", "in", "not in"]), text),
        joined("(not {})", truth),
        joined("({} {} {})", truth, st.sampled_from(["and", "or"]), truth),
        joined("({} is {})", text, st.sampled_from(["string", "number", "defined", "none", "iterable", "in xs"])),
        joined("({} is {})", number, st.sampled_from(["number", "integer", "float", "boolean", "gt(1)", "eq(1)"])),
    )
    lists = st.one_of(
        items,
        joined("({}|{}|list)", items, st.sampled_from(["sort", "sort(true)", "unique", "reverse", "list"])),
        joined("[{}, {}]", text, text),
        joined("({} + {})", items, items),
    )
    made = {"text": texts, "number": numbers, "truth": truths, "list": lists}
    return {name: opaque(strategy) for name, strategy in made.items()}


KINDS = expressions(expressions(expressions(PLAIN)))
EXPRESSIONS = st.one_of(*KINDS.values())
NAMES = st.sampled_from(["x", "y", "a"])


def statements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Whole templates, made of inner ones."""
    output = joined("{{{{{} {} {}}}}}", st.sampled_from(["", "-"]), EXPRESSIONS, st.sampled_from(["", "-"]))
    loop = "index index0 revindex revindex0 first last length depth depth0".split()  # noqa: SIM905
    bodies = st.lists(
        st.one_of(
            st.sampled_from(
                ["plain ", " \n ", "{# a comment #}", "{% raw %}{{ raw }}{% endraw %}", "{{ x|d('unset') }}"]
            ),
            output,
            joined("{{% set {} = {} %}}", st.sampled_from(["x", "y"]), EXPRESSIONS),
            joined(
                "{{%- if {} %}}{}{{% elif {} %}}{}{{% else -%}}{}{{% endif %}}", *[KINDS["truth"], inner] * 2, inner
            ),
            joined(
                "{{% for {0} in {1} if {0} {2} %}}{3}{{{{ loop.{4} }}}}{{% else %}}{5}{{% endfor %}}",
                NAMES,
                KINDS["list"],
                st.sampled_from(["is string", "or t", "and n > 30", "== 'a'"]),
                inner,
                st.sampled_from(loop),
                inner,
            ),
            joined("{{% for k, v in m|items %}}{{{{ k }}}}={}{{{{ loop.nextitem|d('end') }}}}{{% endfor %}}", inner),
        ),
        max_size=4,
    ).map("".join)
    return opaque(bodies)


@given(EXPRESSIONS)
def test_an_expression_has_the_value_that_it_has_in_jinja(expression: str) -> None:
    ours, theirs = both(f"={{{{ {expression} }}}}=")
    assert ours == theirs


@given(statements(statements(statements(st.just("inner")))))
def test_a_template_renders_as_in_jinja(body: str) -> None:
    ours, theirs = both("=" + body)
    assert ours == theirs


@pytest.mark.parametrize(
    "prompt",
    [
        "{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}",
        "{% if t %}{% set x = 5 %}{% endif %}{{ x }}",
        "{% for a in xs %}{{ a }}{% endfor %}{{ a }}",
        "{% for a in a %}{{ a }},{% endfor %}",
        "{% for p, q in [[1, 2], [3, 4]] %}{{ p + q }}{{ loop.previtem }}{% endfor %}",
        "{% for p, q in [[1, 2], [3, 4]] %}{{ p + q }}{{ loop.previtem|d('none') }}{% endfor %}",
        "{% for x in xs %}{% for y in ns %}{{ loop.depth }}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}",
        "{% for x in [] %}{% else %}{% set y = 1 %}{{ y }}{% endfor %}{{ y|d('gone') }}",
        "{% set p, q = [1, 2] %}{{ p }}{{ q }}",
        "{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}{{ 0 or '' }}{{ 1 and 'x' }}{{ not 0 }}",
        "{{ xs }}{{ m }}{{ (1, 'a') }}{{ none }}{{ t }}{{ f }}{{ 1.0 }}{{ 10 / 5 }}",
        "{{ ns|sum }}{{ ns|max }}{{ xs|min }}{{ ns|sort|first }}{{ ns|sort(reverse=true)|last }}{{ a|count }}",
        "{{ m.missing|d('-') }}{{ m['missing'] is defined }}{{ xs[99]|d('-') }}",
        "{{ 3 is odd }}{{ 4 is even }}{{ 9 is divisibleby 3 }}{{ 'a' is eq 'a' }}{{ xs is sequence }}{{ t is true }}",
        "{{ '\\u00e4\\n' }}{{ 'a' 'b' }}{{ 1_000 }}{{ 0x1f }}{{ 1e3 }}",
        "  {%- if t -%}  x  {%- endif -%}  \n y {{- a -}} z\n",
        "{{ x if x is defined }}",
        "{{ 'x' if none }}{{ ('x' if none)|d('y') }}{{ ('x' if none) ~ 'z' }}",
        "{{ ns|round }}",
        "{{ 5|float }}{{ 'x'|float(1.5) }}{{ '0x1f'|int(base=16) }}{{ '42.9'|int }}{{ f|round(method='ceil') }}",
    ],
)
def test_what_is_easily_gotten_wrong_is_as_in_jinja(prompt: str) -> None:
    ours, theirs = both(prompt)
    assert ours == theirs
