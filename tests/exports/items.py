"""Dataset items for the tests of what is written from them: generated ones and hostile ones."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from datasets.formats.items import CheckRecord, ItemRecord

# What some program takes for something else than text.
HOSTILE_TEXTS = [
    "{{ input }}", "{{", "{%", "{#", "#}", "{# x #}", "{% raw %}x{% endraw %}", "{{{", "{", "{\n",
    "{{{{}}}}", "x{\n", "a\n", "a\n\n", "a\r\n", "  both  ", "file://x", "file:x", "file:\n",
    "package:foo", "package:{{x", "{%- x -%}", "#{#}", "{ {", "#}}{{#", "- yes\n- no", "a: b",
    "\\n", "\\", '"', "'", "`", "a|b", "a,b;c\td", "user: lone", "null", "NA", "true", "0012",
    "1e5", "2026-01-15", "[1, 2]", '{"$ref": "x"}', '[{"role": "user", "content": "hi"}]', "=1+1",
    "+3",
    "@x", "'=1", "\u2028\u2029\x85", "\x01\x1f\x7f", "\ufeffmark", "שלום \u202e abc", "👩‍👩‍👧",
    "e\u0301",
    "$ref", "${x}", "https://example.com/x", "python:x", "javascript:1", "is-json",
    "contains: x",
]  # fmt: skip

TEXTS = (
    st.sampled_from(HOSTILE_TEXTS)
    | st.lists(st.sampled_from(["{", "}", "#", "%", "\n", '"', "x", "{{", "file:"])).map("".join)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
_OBJECTS = st.dictionaries(TEXTS, _VALUES, max_size=3)
_MESSAGES = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant", "system", "tool", "unknown"]),
        "content": TEXTS,
    },
    optional={"summary": TEXTS},
)
_CRITERIA = TEXTS | st.sampled_from([r"^\d+$", "a.b", "[^x]+", '{"type": "object"}'])
CHECKS = st.builds(
    CheckRecord,
    operator=st.sampled_from(
        ["includes", "includes_exactly", "excludes_exactly", "equals_exactly", "regex",
         "valid_json", "matches_json_schema", "less_than_length"]
    ),
    criteria=_CRITERIA, weight=st.integers(0, 3), category=TEXTS,
)  # fmt: skip
_FIRST, _LAST = datetime(1970, 1, 2), datetime(2200, 1, 1)  # noqa: DTZ001 - Hypothesis adds the zone
ITEMS = st.builds(
    ItemRecord,
    public_id=TEXTS.filter(bool), input=TEXTS, output=TEXTS, expected_output=TEXTS,
    context=_OBJECTS, history=st.lists(_MESSAGES, max_size=4).map(tuple),
    participant_data=_OBJECTS, session_state=_OBJECTS, summary=TEXTS,
    tags=st.lists(TEXTS, max_size=3).map(tuple),
    created_at=st.none()
    | st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)),
    checks=st.lists(CHECKS, max_size=3).map(tuple), files=st.lists(TEXTS, max_size=2).map(tuple),
    said=st.just(frozenset()),
)  # fmt: skip
DATASETS = st.lists(ITEMS, max_size=5)

RIVER = ItemRecord(
    public_id="geo-001",
    input="Which river crosses Vienna?",
    output="It is the Danube.",
    expected_output="The Danube",
    context={"audience": "pupils", "year": 2026},
    history=(
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi there!", "summary": "A greeting."},
        {"role": "tool", "content": "map opened"},
        {"role": "unknown", "content": "kept apart"},
    ),
    participant_data={"name": "Jane"},
    session_state={"count": 1},
    summary="About rivers.",
    tags=("rivers", "easy"),
    created_at=datetime(2026, 1, 15, 10, 35, tzinfo=UTC),
    checks=(CheckRecord("includes", "Danube", weight=2, category="Correctness"),),
    files=("documents/map.pdf",),
)
BARE = ItemRecord(public_id="geo-002", input="Name a sea.")
SNAPSHOT = ItemRecord(public_id="s-1", summary="User: Hello\n\nAssistant: Hi")


def hostile_items() -> list[ItemRecord]:
    """Each hostile text in each place of an item of its own, and a megabyte in one."""
    return [_with(f"h-{n}", text) for n, text in enumerate(HOSTILE_TEXTS)] + [
        _with("h-long", "long {{ text }} \u05d0\n" * 60_000),
    ]


def _with(public_id: str, text: str) -> ItemRecord:
    data: dict[str, Any] = {"key": text, "nested": {"list": [text, None, 1.5]}}
    message = {"role": "user", "content": text}
    return ItemRecord(
        public_id=public_id, input=text, output=text, expected_output=text, context=data,
        history=(message, {"role": "assistant", "content": text}), participant_data=data,
        session_state=data, summary=text, tags=(text[:50],),
    )  # fmt: skip
