"""What a prompt template may say, what it asks for, and what it becomes."""

from __future__ import annotations

import pytest

from begat.core.errors import Code, Problem
from begat.core.templates import check_variables, parse, render


def refusal(prompt: str, system: str | None = None) -> Problem:
    """The problem for which ``parse`` refuses a template."""
    with pytest.raises(Problem) as caught:
        parse(system, prompt)
    assert caught.value.code is Code.BAD_INPUT
    return caught.value


def rendered(prompt: str, **values: object) -> str:
    """The prompt for these values."""
    return render(None, prompt, values).prompt  # type: ignore[arg-type]  # the tests' values are JSON


def test_variables_come_in_the_order_of_first_use_and_the_system_text_is_read_first() -> None:
    parsed = parse("You are {{ role }}.", "{{ text }} {{ b if a else c }} {{ role }} {{ text }}")
    assert parsed.variables == ("role", "text", "b", "a", "c")
    assert parsed.required == parsed.variables


def test_names_that_the_template_binds_itself_are_no_variables() -> None:
    prompt = "{% set n = 1 %}{{ n }}{% for k, v in table|items if k %}{{ k }}{{ v }}{{ loop.index }}{% endfor %}"
    assert parse(None, prompt).variables == ("table",)


def test_a_name_is_a_variable_where_it_is_not_bound_for_certain() -> None:
    assert parse(None, "{{ x }}{% set x = 1 %}{{ x }}").variables == ("x",)
    assert parse(None, "{% if a %}{% set x = 1 %}{% endif %}{{ x }}").variables == ("a", "x")
    assert parse(None, "{% if a %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}{{ x }}").variables == ("a",)
    assert parse(None, "{% for i in a %}{% set x = i %}{% endfor %}{{ x }}{{ i }}").variables == ("a", "x", "i")
    assert parse(None, "{% for x in x %}{{ x }}{% endfor %}").variables == ("x",)


def test_a_variable_with_a_default_is_optional_unless_it_is_also_used_without() -> None:
    assert parse(None, "{{ a | default('-') }}{% if b is defined %}yes{% endif %}").required == ()
    assert parse(None, "{{ a | default('-') }}{{ a }}").required == ("a",)
    assert parse(None, "{{ a | default(b) }}").required == ("b",)
    assert rendered("{{ a | default('-') }}") == "-"


def test_a_column_whose_name_is_no_identifier_is_reached_through_row() -> None:
    prompt = 'Dear {{ row["First name"] | title }}, {{ row["text"] }}'
    assert parse(None, prompt).variables == ("First name", "text")
    assert render(None, prompt, {"First name": "ada", "text": "hi"}).prompt == "Dear Ada, hi"


def test_both_texts_are_rendered_and_keep_their_last_line_break() -> None:
    both = render("Be {{ how }}.\n", "Q: {{ text }}\n\n", {"how": "brief", "text": "<why> & 'how'?", "unused": 1})
    assert (both.system, both.prompt) == ("Be brief.\n", "Q: <why> & 'how'?\n\n")
    assert render(None, "x", {}).system is None


def test_values_are_never_read_as_templates() -> None:
    assert rendered("{{ text }}", text="{{ 7*7 }}{% include 'x' %}") == "{{ 7*7 }}{% include 'x' %}"


@pytest.mark.parametrize(
    ("prompt", "line", "column"),
    [
        ("{{ x y }}", 1, 6),
        ("a\n  {{ x y }}", 2, 8),
        ("a\r\nb\rc {{ }}", 3, 6),
        ("{{ 'abc }}", 1, 4),
        ("{{ x ? y }}", 1, 6),
        ("  {%- if x -%}  \n\n {{ 1 + }}", 3, 9),
        ("{# one\ntwo #}{% nope %}", 2, 10),
        ("{% raw %}\n{{ x y }}{% endraw %}\n{% endif %}", 3, 4),
        ("{{ (x] }}", 1, 6),
        ("{{ x", 1, 4),
        ("{% if x %}y", 1, 11),
        ("ä 👍 {{ ! }}", 1, 8),
        ("{{ 9999999999999999 }}", 1, 4),
        ("{{ 1" + "0" * 49_000 + " }}", 1, 4),
    ],
)
def test_a_syntax_error_is_refused_with_line_and_column(prompt: str, line: int, column: int) -> None:
    problem = refusal(prompt)
    assert problem.message.startswith(f"Prompt, line {line}, column {column}: "), problem.message
    assert problem.path == ("input", "prompt")


def test_an_error_in_the_system_text_is_told_there() -> None:
    problem = refusal("{{ x }}", system="\n{{ x y }}")
    assert problem.path == ("input", "system")
    assert problem.message.startswith("System, line 2, column 6: ")


@pytest.mark.parametrize("prompt", ["", " \n", "{# only a comment #}", "{% set x = 1 %}", "{% if x %}  {% endif %}"])
def test_a_prompt_that_says_nothing_is_refused(prompt: str) -> None:
    assert refusal(prompt).message == "The prompt is empty."


@pytest.mark.parametrize(
    "text", ["a\0b", "\ud800", "x" * 50_001, '{{ "\\ud800" }}', '{{ "\\x00" }}', '{{ row["\\x00"] }}']
)
def test_what_no_text_may_hold_is_refused_also_when_it_is_escaped(text: str) -> None:
    assert refusal(text).path == ("input", "prompt")


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(Problem, match=r"line 1, column 4: There is no value for the variable 'texts'") as caught:
        rendered("{{ texts }}", text="hi")
    assert caught.value.code is Code.BAD_INPUT
    assert caught.value.path == ("values", "texts")


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("{{ text + 1 }}", "no number"),
        ("{{ text * 3 }}", "no number"),
        ("{{ text < 1 }}", "not supported"),
        ("{{ 1 / 0 }}", "Division by zero"),
        ("{{ text.name }}", "A text has no 'name'"),
        ("{{ none.x }}", "null has no 'x'"),
        ("{{ [1][5] }}", "A list has no '5'"),
        ("{{ [] | first }}", "no first item"),
        ("{{ 5 | length }}", "no length"),
        ("{% for x in 5 %}{{ x }}{% endfor %}", "nothing to loop over"),
        ("{% for a, b in ['abc'] %}{{ a }}{% endfor %}", "2 names cannot take 3 values"),
        ("{{ text[::0] }}", "zero"),
        ("{{ {[1]: 2} }}", "Unhashable"),
        ("{{ text | int(base=99) }}", "base"),
        ("{{ {1: 2} | round }}", "no number"),
    ],
)
def test_a_value_that_does_not_fit_is_a_problem_with_its_place(prompt: str, words: str) -> None:
    with pytest.raises(Problem, match=words) as caught:
        rendered(prompt, text="hi")
    assert caught.value.code is Code.BAD_INPUT
    assert caught.value.path == ("input", "prompt")
    assert "line 1" in caught.value.message


def test_json_is_written_for_a_model_and_not_for_a_web_page() -> None:
    assert rendered("{{ x | tojson }}", x={"b": "<é'>", "a": [1, None]}) == '{"a": [1, null], "b": "<é\'>"}'
    assert rendered("{{ x | tojson(indent=2) }}", x=[1]) == "[\n  1\n]"


def test_variables_without_a_column_are_listed_with_the_closest_name() -> None:
    problems = check_variables(("text", "catgory", "zzz"), ["Category", "text"], "input", "templateId")
    assert [problem.path for problem in problems] == [("input", "templateId")] * 2
    assert problems[0].message == "No column provides the template's variable 'catgory'."
    assert problems[0].hint == "Did you mean 'Category'?"
    assert problems[1].hint == "The columns are: Category, text."
    assert check_variables(("text",), ["text", "other"]) == []
