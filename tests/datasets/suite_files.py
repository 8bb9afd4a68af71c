"""Suites for the tests of their readers and writers: small ones, and generated ones."""

import io
import json

from hypothesis import strategies as st

from datasets.formats import suite_csv, suite_json
from datasets.formats.items import CheckRecord, Example, GlobalCheck, Item, ItemRecord, SuiteTitle
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, RowWarning
from datasets.operators import OPERATORS
from exports.formats.suites import SuiteHead

TITLES = (
    "Test Id,Test Input,Right Answer,Tags,Files,Context Keys,Context Values,Operator,Criteria,"
    "Weight,Category,Extraction Prompt,Conditional Operator,Conditional Criteria,"
    "Example Type,Example Value"
)
DEFAULTS = ReadOptions()


def read_csv(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return list(suite_csv.read(io.BytesIO(data), options=ReadOptions(**options)))


def read_json(value, **options):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(suite_json.read(io.BytesIO(data), options=ReadOptions(**options)))


def table(*rows, titles="Test Input,Operator,Criteria"):
    """A CSV of the rows, each written as it stands."""
    return "\n".join([titles, *rows, ""])


def items(found):
    return [each.record for each in found if isinstance(each, Item)]


def item_rows(found):
    return [each.row for each in found if isinstance(each, Item)]


def global_checks(found):
    return [each.check for each in found if isinstance(each, GlobalCheck)]


def errors(found):
    return [each for each in found if isinstance(each, RowError)]


def warnings(found):
    return [each for each in found if isinstance(each, RowWarning)]


def places(found):
    return [(each.row, each.column) for each in errors(found)]


def head_of(found):
    """What a file said about its suite."""
    titles = [each for each in found if isinstance(each, SuiteTitle)]
    title, description = titles[0] if titles else ("", "")
    return SuiteHead(title, description, tuple(global_checks(found)))


def bare(records):
    """The items without the note which fields the file had."""
    return [record._replace(said=frozenset()) for record in records]


# Generated suites

SPICE = st.sampled_from(
    [
        *("", " ", "\n", "\r", "\r\n", "\t", '"', '""', "'", ",", ";", "=1+1", "'=1", "''+x"),
        *("+49", "-1", "@sum", "\t=2", "\u200f\u05e9\u05dc\u05d5\u05dd", "👩\u200d🔬", "＝1"),
        *("[1]", '{"a": 1}', '"[1]"', '"\\"[1]\\""', "[NaN]", '{"a":1,"a":2}', "null", "\ufeff"),
        *("Test Input", "Suite Id", "\u2028", "\x1e", "\x0b", "\x85", "includes"),
    ]
)
PLAIN = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
TEXT = st.lists(SPICE | PLAIN, max_size=4).map("".join)
FILLED = TEXT.filter(str.strip)
NAME = st.from_regex(r"[a-zé=+@-][a-zA-Z0-9é ,;'-]{0,18}[a-z0-9]", fullmatch=True)
KEY = FILLED.filter(lambda text: not (text.startswith("__") and text.endswith("__")))
SCALAR = TEXT | st.integers(-(2**63), 2**63) | st.booleans() | st.none()
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3)
)
CONTAINER = st.lists(JSON, max_size=3) | st.dictionaries(KEY, JSON, max_size=3)
EXAMPLE = st.builds(Example, st.sampled_from(["positive", "negative"]), FILLED)
USABLE = [each for each in OPERATORS.values() if each.is_importable and not each.is_renamed]
FREE = {"regex", "less_than_length", "matches_json_schema"}


@st.composite
def conditions(draw):
    operator = draw(st.sampled_from(USABLE))
    if operator.is_unary:
        return operator.slug, ""
    return operator.slug, operator.example if operator.slug in FREE else draw(FILLED)


@st.composite
def checks(draw):
    return CheckRecord(
        *draw(conditions()),
        weight=draw(st.integers(0, 1000)),
        category=draw(TEXT),
        extractor=draw(TEXT),
        examples=tuple(draw(st.lists(EXAMPLE, max_size=3))),
    )._replace(
        **dict(
            zip(
                ("conditional_operator", "conditional_criteria"),
                draw(st.just(("", "")) | conditions()),
                strict=True,
            )
        )
    )


def records(values=TEXT | CONTAINER):
    """Items as a suite can hold them; `values` are those of the context."""
    return st.builds(
        lambda **said: ItemRecord(**said),  # else every other field is generated too
        public_id=st.just("") | NAME,
        input=FILLED,
        expected_output=TEXT,
        context=st.dictionaries(KEY, values, max_size=3),
        tags=st.lists(NAME, max_size=3, unique_by=str.casefold).map(tuple),
        checks=st.lists(checks(), max_size=3).map(tuple),
    )


def suites(values=TEXT | CONTAINER):
    """A head and items whose ids differ."""
    many = st.lists(
        records(values), max_size=4, unique_by=lambda item: item.public_id.casefold() or object()
    )
    head = st.builds(SuiteHead, TEXT, TEXT, st.lists(checks(), max_size=3).map(tuple))
    return st.tuples(head, many)
