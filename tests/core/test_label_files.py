"""Good labels go in, and every broken line is named."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.errors import Code, Problem
from begat.core.label_files import BadRow, LabelRow, LabelUse, parse

GOOD_LINES = ['{"itemRef": "1", "value": "yes"}', '{"itemRef": "9", "value": "no"}']


def only_bad(format: str, text: str) -> BadRow:
    """The one broken line, of a file whose other lines (1 and 9) are good."""
    good, bad = parse(format, text, "intent")
    assert {label.item_ref for label in good} == {"1", "9"}
    assert len(bad) == 1
    return bad[0]


def test_a_csv_file_with_quotes_line_breaks_and_a_byte_order_mark_is_read() -> None:
    text = (
        "\ufeffitemRef,value,confidence,labelType,allowedUses,prohibitedUses,notes,row_id\r\n"
        '1,"a, ""b""\nc",0.5,topic,TRAINING;FEW_SHOT,EVALUATION,"für ""uns""",x\r\n'
        "\r\n"
        " 2 ,card_arrival,,,,,,\r\n"
    )
    assert parse("CSV", text, "intent") == (
        [
            LabelRow(
                row=2,
                item_ref="1",
                label_type="topic",
                value='a, "b"\nc',
                confidence=0.5,
                allowed_uses=(LabelUse.TRAINING, LabelUse.FEW_SHOT),
                prohibited_uses=(LabelUse.EVALUATION,),
                notes='für "uns"',
            ),
            LabelRow(row=5, item_ref=" 2 ", label_type="intent", value="card_arrival"),
        ],
        [],
    )


def test_a_jsonl_file_is_read() -> None:
    text = "\n".join(
        [
            '{"itemRef": 7, "value": true, "confidence": 1, "allowedUses": ["FEW_SHOT", "TRAINING", "TRAINING"]}',
            "",
            '{"itemRef": "8\u2028", "value": "no", "labelType": " topic ", "prohibitedUses": [], "more": {"x": 1}}\r',
        ]
    )
    good, bad = parse("JSONL", "\ufeff" + text, "intent")
    assert bad == []
    assert good[0] == LabelRow(1, "7", "intent", "true", 1.0, (LabelUse.TRAINING, LabelUse.FEW_SHOT))
    assert good[1] == LabelRow(3, "8\u2028", "topic", "no", None, None, ())


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ('{"itemRef": "2", "value"', None, "no JSON"),
        ("2,yes", None, "no JSON"),
        ('["2", "yes"]', None, "no JSON object"),
        ("[" * 100_000, None, "nested"),
        ('{"itemRef": "2", "value": "a", "value": "b"}', None, "twice"),
        ('{"itemRef": "2", "value": "a", "confidence": NaN}', None, "NaN"),
        ('{"itemRef": "2"}', "value", "missing"),
        ('{"value": "a"}', "itemRef", "missing"),
        ('{"itemRef": "", "value": "a"}', "itemRef", "empty"),
        ('{"itemRef": " \\t", "value": "a"}', "itemRef", "empty"),
        ('{"itemRef": null, "value": "a"}', "itemRef", "empty"),
        ('{"itemRef": "2", "value": "\\n"}', "value", "empty"),
        ('{"itemRef": "2", "value": {"a": 1}}', "value", "no text"),
        ('{"itemRef": ["2"], "value": "a"}', "itemRef", "no text"),
        ('{"itemRef": "2", "value": "a", "confidence": 1.01}', "confidence", "0 to 1"),
        ('{"itemRef": "2", "value": "a", "confidence": -0.1}', "confidence", "0 to 1"),
        ('{"itemRef": "2", "value": "a", "confidence": 1e999}', "confidence", "0 to 1"),
        ('{"itemRef": "2", "value": "a", "confidence": true}', "confidence", "0 to 1"),
        ('{"itemRef": "2", "value": "a", "confidence": [1]}', "confidence", "0 to 1"),
        ('{"itemRef": "2", "value": "a", "confidence": "high"}', "confidence", "'high'"),
        ('{"itemRef": "2", "value": "a", "confidence": "nan"}', "confidence", "'nan'"),
        ('{"itemRef": "2", "value": "a", "allowedUses": ["TRAIN"]}', "allowedUses", "no use 'TRAIN'"),
        ('{"itemRef": "2", "value": "a", "allowedUses": [["TRAINING"]]}', "allowedUses", "no use"),
        ('{"itemRef": "2", "value": "a", "allowedUses": 5}', "allowedUses", "no list"),
        (
            '{"itemRef": "2", "value": "a", "allowedUses": ["TRAINING"], "prohibitedUses": "TRAINING"}',
            "prohibitedUses",
            "both",
        ),
        ('{"itemRef": "2", "value": "a", "prohibited_uses": ["TRAINING"]}', None, "no field"),
        ('{"itemRef": "2", "value": "a", "prohibitedUse": ["TRAINING"]}', None, "no field"),
        ('{"itemRef": "2\\u0000", "value": "a"}', "itemRef", "NUL"),
        ('{"itemRef": "2", "value": "\\ud800"}', "value", "surrogate"),
        ('{"itemRef": "2", "value": "a", "notes": "\ud800"}', "notes", "surrogate"),
        ('{"itemRef": "2", "value": "a", "labelType": "a\\nb"}', "labelType", "one line"),
        ('{"itemRef": "' + "x" * 1001 + '", "value": "a"}', "itemRef", "at most 1000"),
        ('{"itemRef": "2", "value": "' + "x" * 100_001 + '"}', "value", "at most 100000"),
        ('{"itemRef": "2", "value": "a", "notes": "' + "x" * 10_001 + '"}', "notes", "at most 10000"),
        ('{"itemRef": "2", "value": ' + "9" * 5000 + "}", None, "a number of 5000 digits is better sent as text"),
    ],
)
def test_a_broken_json_line_is_named_and_the_others_go_in(line: str, field: str | None, words: str) -> None:
    bad = only_bad("JSONL", "\n".join([GOOD_LINES[0], "", line, GOOD_LINES[1]]))
    assert bad.row == 3
    assert bad.problem.path == (("input", "text", 3) if field is None else ("input", "text", 3, field))
    assert words in bad.problem.message
    assert bad.problem.code is Code.BAD_INPUT


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ("2", None, "1 fields, and the header names 4"),
        ("2,a,,,more", None, "5 fields, and the header names 4"),
        ('2,"a" b,,', None, "closing quote"),
        ('2,"a,,', None, "never closed"),
        (",a,,", "itemRef", "empty"),
        ("2,  ,,", "value", "empty"),
        ("2,a,nan,", "confidence", "'nan'"),
        ("2,a,1.5,", "confidence", "'1.5'"),
        ("2,a,high,", "confidence", "'high'"),
        ("2,a,,TRAINING;EVERYTHING", "allowedUses", "'EVERYTHING'"),
        ("2,a\0,,", "value", "NUL"),
        ("2,a\ud800,,", "value", "surrogate"),
        ("x" * 1001 + ",a,,", "itemRef", "at most 1000"),
    ],
)
def test_a_broken_csv_line_is_named_and_the_others_go_in(line: str, field: str | None, words: str) -> None:
    bad = only_bad("CSV", f"itemRef,value,confidence,allowedUses\n1,yes,,\n{line}\n9,no,,\n")
    assert bad.row == 3
    assert bad.problem.path == (("input", "text", 3) if field is None else ("input", "text", 3, field))
    assert words in bad.problem.message


def test_the_second_label_of_an_item_and_type_names_the_first() -> None:
    bad = only_bad("CSV", "itemRef,value,labelType\n1,yes,\n1,no,intent\n1,x,other\n9,no,\n")
    assert (bad.row, bad.problem.code, bad.problem.path) == (3, Code.DUPLICATE, ("input", "text", 3, "itemRef"))
    assert bad.problem.message.startswith("Line 2 has a label of type 'intent'")


def test_a_broken_line_does_not_make_the_next_one_a_duplicate() -> None:
    good, bad = parse("CSV", "itemRef,value,confidence\n1,yes,7\n1,yes,0.7\n", "intent")
    assert [label.row for label in good] == [3]
    assert [line.row for line in bad] == [2]


@pytest.mark.parametrize(
    ("format", "text", "words"),
    [
        ("CSV", "", "empty"),
        ("JSONL", "\ufeff \n", "empty"),
        ("CSV", "value,confidence\na,1\n", "no column 'itemRef'"),
        ("CSV", "itemRef;value\n1;a\n", "no column 'itemRef'"),
        ("CSV", "itemRef,text\n1,a\n", "no column 'value'"),
        ("CSV", "itemRef,value,value\n1,a,b\n", "'value' twice"),
        ("CSV", "itemRef,value,prohibited_uses\n1,a,TRAINING\n", "no field 'prohibited_uses'"),
        ("CSV", 'itemRef,"value\n1,a\n', "never closed"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_one_problem(format: str, text: str, words: str) -> None:
    with pytest.raises(Problem, match=words) as caught:
        parse(format, text, "intent")
    assert caught.value.path == ("input", "text")
    assert caught.value.hint


def test_an_unknown_format_and_a_nameless_type_are_refused() -> None:
    with pytest.raises(Problem) as caught:
        parse("XML", "<a/>", "intent")
    assert caught.value.path == ("input", "format")
    with pytest.raises(Problem) as caught:
        parse("CSV", "itemRef,value\n1,a", " ")
    assert caught.value.path == ("input", "labelType")


VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    str.strip
)


@given(st.dictionaries(VALUES, VALUES, min_size=1, max_size=8))
def test_any_text_comes_through_both_formats(labels: dict[str, str]) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerows([("itemRef", "value"), *labels.items()])
    lines = "\n".join(json.dumps({"itemRef": ref, "value": value}) for ref, value in labels.items())
    for format, text in (("CSV", buffer.getvalue()), ("JSONL", lines)):
        good, bad = parse(format, text, "intent")
        assert bad == []
        assert {label.item_ref: label.value for label in good} == labels
