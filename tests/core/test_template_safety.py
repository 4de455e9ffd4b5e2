"""No template reaches Python, and none can hold the processor or the memory."""

from __future__ import annotations

import json
import time

import pytest

from begat.core.canonical import JSON
from begat.core.errors import Code, Problem
from begat.core.templates import parse, render

ESCAPES = [
    "{{ ''.__class__.__mro__ }}",
    "{{ ''['__class__']['__mro__'][1]['__subclasses__']() }}",
    "{{ x['_' ~ '_class__'] }}",
    "{{ x['__cl' + 'ass__'] }}",
    "{{ x['\\x5f\\x5fclass\\x5f\\x5f'] }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ lipsum(1000) }}",
    "{{ joiner.__init__ }}",
    "{{ joiner(', ') }}",
    "{{ namespace(a=1) }}",
    "{% set ns = namespace() %}{% set ns.x = 1 %}{{ ns.x }}",
    "{{ dict(a=1) }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ x|attr('__class__') }}",
    "{{ x|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ [x]|map(attribute='__class__')|list }}",
    "{{ [x]|map('attr', '__class__')|list }}",
    "{{ [x]|selectattr('__class__')|list }}",
    "{{ [x]|groupby('__class__') }}",
    "{{ [x]|sort(attribute='__class__') }}",
    "{{ [x]|sum(attribute='__class__') }}",
    "{{ [x]|join(attribute='__class__') }}",
    "{{ [x]|max(attribute='__class__') }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(x) }}",
    "{{ '{x.__class__}'.format_map({'x': x}) }}",
    "{{ '%s'|format(x) }}",
    "{{ '%(a)s' % {'a': x} }}",
    "{{ x.format }}",
    "{{ x.upper }}",
    "{{ x.upper() }}",
    "{{ x|xmlattr }}",
    "{{ x|pprint }}",
    "{{ x|random }}",
    "{{ x|safe }}",
    "{{ x is callable }}",
    "{{ x is filter }}",
    "{{ x is sameas x }}",
    "{{ range(10) }}",
    "{{ config }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ [].append(1) }}",
    "{{ {}.clear() }}",
    "{{ loop }}",
    "{% for i in [1] %}{{ loop }}{% endfor %}",
    "{% for i in [1] %}{{ loop.cycle('a') }}{% endfor %}",
    "{% for i in [1] %}{{ loop.__class__ }}{% endfor %}",
    "{% for i in [1] %}{{ loop._iterable }}{% endfor %}",
    "{% for i in [[1]] recursive %}{{ loop(i) }}{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}{{ os }}",
    "{% from 'os' import system %}{{ system }}",
    "{% extends 'base' %}{{ x }}",
    "{% block a %}{{ x }}{% endblock %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% call x() %}{% endcall %}{{ x }}",
    "{% filter upper %}{{ x }}{% endfilter %}",
    "{% set y %}{{ x }}{{ x }}{% endset %}{{ y }}",
    "{% with y = x %}{{ y }}{% endwith %}",
    "{% autoescape true %}{{ x }}{% endautoescape %}",
    "{% do x %}",
    "{% set loop = 1 %}{{ x }}",
    "{% set row = x %}{{ x }}",
    "{{ x(*[1]) }}",
    "{{ x|replace(*['a', 'b']) }}",
    "{{ x|join(**{'d': 'a'}) }}",
    "{{ 2 ** 99999999 }}",
    "{{ 'a' * 99999999 }}",
    "{{ 99999999 * 'a' }}",
    "{{ x * 99999999 }}",
    "{{ [0] * 99999999 }}",
    "{{ 1e999 }}",
    "{{ 0x" + "f" * 40_000 + " }}",
    "{{ x|center(99999999) }}",
    "{{ x|batch(1) }}",
    "{{ x|indent(99999999) }}",
    "{{ 5|round(99999999) }}",
    "{{ 5|round(-99999999, 'floor') }}",
    "{{ x|truncate(-1) }}",
    "{{ '%99999999d' % 1 }}",
    "{{ x|tojson(indent=99999999) }}",
]


@pytest.mark.parametrize("prompt", ESCAPES)
def test_no_way_out_is_open(prompt: str) -> None:
    with pytest.raises(Problem) as caught:
        render(None, prompt, {"x": "value"})
    assert caught.value.code in (Code.BAD_INPUT, Code.LIMIT)


@pytest.mark.parametrize("prompt", ["{{ x.keys }}", "{{ x.items }}", "{{ x['get'] }}", "{{ x.a.real }}"])
def test_a_mappings_own_methods_are_not_its_keys(prompt: str) -> None:
    with pytest.raises(Problem, match="has no"):
        render(None, prompt, {"x": {"a": 1}})


def deep(levels: int) -> JSON:
    """A list in a list in a list ..."""
    value: JSON = "x"
    for _ in range(levels):
        value = [value]
    return value


LONG = "ab " * 33_000
BOMBS: dict[str, tuple[str, dict[str, JSON]]] = {
    "text doubled by ~": ("{% set a = x %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}", {"x": "x"}),
    "text doubled by +": ("{% set a = x %}" + "{% set a = a + a %}" * 60 + "{{ a }}", {"x": "x"}),
    "a list doubled by +": ("{% set a = [x] %}" + "{% set a = a + a %}" * 60 + "{{ a }}", {"x": "x"}),
    "a list that holds itself twice": ("{% set a = [x] %}" + "{% set a = [a, a] %}" * 60 + "{{ a }}", {"x": "x"}),
    "a mapping that holds itself twice": (
        "{% set a = {} %}" + "{% set a = {1: a, 2: a} %}" * 60 + "{{ a == a }}",
        {},
    ),
    "two trees compared": (
        "{% set a = [x] %}{% set b = [x] %}" + "{% set a = [a, a] %}{% set b = [b, b] %}" * 60 + "{{ a == b }}",
        {"x": "x"},
    ),
    "a join of joins": ("{{ xs|join(xs|join(x)) }}", {"xs": ["ab"] * 9000, "x": "x" * 90}),
    "a replacement of every letter": ("{{ x|replace('', x) }}", {"x": LONG}),
    "an indent of every line": ("{{ x|indent(100) }}", {"x": "\n" * 90_000}),
    "an indent of every unicode line": ("{{ x|indent(100) }}", {"x": "\u2028" * 90_000}),
    "loops in loops": (
        "{% for a in xs %}{% for b in xs %}{% for c in xs %}{% endfor %}{% endfor %}{% endfor %}{{ 1 }}",
        {"xs": [0] * 1000},
    ),
    "a loop that filters": ("{% for a in x if a == x %}{{ a }}{% endfor %}{{ 1 }}", {"x": LONG}),
    "a loop in a loop over text": ("{% for a in x %}{% for b in x %}{% endfor %}{% endfor %}{{ 1 }}", {"x": LONG}),
    "much work in each turn": (
        "{% for a in xs %}" + "{% set y = x|upper|lower|title %}" * 400 + "{% endfor %}{{ 1 }}",
        {"xs": [0] * 9000, "x": LONG},
    ),
    "a search in each turn": (
        "{% for a in xs %}" + "{% if y in x %}{% endif %}" * 400 + "{% endfor %}{{ 1 }}",
        {"xs": [0] * 9000, "x": "ab" * 45_000, "y": "ab" * 20_000 + "b"},
    ),
    "many sorts": ("{{ xs|sort|first }}" * 500, {"xs": [str(number * 7919 % 9973) for number in range(9973)]}),
    "much written": ("{% for a in xs %}{{ x }}{% endfor %}", {"xs": [0] * 9000, "x": "x" * 900}),
    "much written plainly": ("{% for a in xs %}" + "x" * 900 + "{% endfor %}", {"xs": [0] * 9000}),
    "a large value": ("{{ x|length }}", {"x": "x" * 1_000_001}),
    "a large nested value": ("{{ x|length }}", {"x": [["xxxxxxxx"] * 1000] * 200}),
    "a written value that grows when it is quoted": ("{{ x }}", {"x": ["\U000e0001" * 90_000]}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_costs_too_much_is_stopped_soon(name: str) -> None:
    prompt, values = BOMBS[name]
    begun = time.process_time()
    with pytest.raises(Problem) as caught:
        render(None, prompt, values)
    assert caught.value.code is Code.LIMIT
    assert time.process_time() - begun < 3  # some take 0.3 s; without a budget each takes minutes or the memory


@pytest.mark.parametrize(
    "prompt",
    [
        "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
        "{{ " + "[" * 20_000 + "]" * 20_000 + " }}",
        "{{ " + "not " * 12_000 + "1 }}",
        "{{ " + "-" * 40_000 + "1 }}",
        "{{ x" + ".a" * 20_000 + " }}",
        "{{ x" + "|d" * 20_000 + " }}",
        "{{ 1" + "+1" * 20_000 + " }}",
        "{{ 1" + " if 1 else 1" * 4_000 + " }}",
        "{% if 1 %}" * 2_000 + "x" + "{% endif %}" * 2_000,
        "{% for a in x %}" * 4 + "{{ a }}" + "{% endfor %}" * 4,
        "{{ x }}" * 7_000,
        "{{" * 25_000,
        "{%-" * 16_000,
        "{#" * 25_000,
        "{% raw %}" * 5_000,
        "{{ '" + "\\N{" * 12_000,
    ],
)
def test_a_monstrous_template_is_refused_soon(prompt: str) -> None:
    begun = time.process_time()
    with pytest.raises(Problem) as caught:
        parse(None, prompt)
    assert caught.value.code is Code.BAD_INPUT
    assert caught.value.path == ("input", "prompt")
    assert time.process_time() - begun < 3


def test_a_value_nested_without_end_is_refused() -> None:
    for prompt in ("{{ x }}", "{{ x|tojson }}", "{{ x == y }}"):
        with pytest.raises(Problem):
            render(None, prompt, {"x": deep(20_000), "y": deep(20_000)})


def test_a_number_without_end_is_refused() -> None:
    for prompt in ("{{ x }}", "{{ x * x }}", "{{ x ~ '' }}", "{{ x / 2 }}", "{{ x|float + x }}"):
        with pytest.raises(Problem):
            render(None, prompt, {"x": 10**9_000})


def test_the_values_are_left_as_they_were() -> None:
    values: dict[str, JSON] = {"xs": [3, 1, {"a": [2]}], "m": {"b": 1}}
    before = json.dumps(values)
    render(None, "{% set m = 5 %}{{ xs|reverse|list }}{{ xs + [1] }}{% for xs in xs %}{{ xs }}{% endfor %}", values)
    assert json.dumps(values) == before


def test_a_large_but_decent_template_is_rendered() -> None:
    prompt = "{% for e in examples %}Q: {{ e.q|trim }}\nA: {{ e.a|upper }}\n{% endfor %}{{ text }}"
    examples: list[JSON] = [{"q": "x" * 100, "a": "y" * 20}] * 500
    assert len(render(None, prompt, {"examples": examples, "text": "t" * 30_000}).prompt) == 500 * 128 + 30_000
