"""Items of any kind, for tests of the writers of datasets."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from datasets.formats.fields import key_fault
from datasets.formats.items import ItemRecord
from tests.exports.stored import jsonb

HARD = st.sampled_from(
    [
        *("=1+1", "+3", "-x", "@SUM(A1)", "\ttab", "\rreturn", "'=x", "''-y", "'plain", '"q"'),
        *("a,b;c", "user: hi", "assistant: x\nuser: y", "0012", "1.50", "true", "null", "NaN"),
        *("[x]", "{y", " ", "", "[1]", '{"a":1}', "line\nline", "line\r\nline", "\n"),
        *("😀 שלום", "e\u0301", "\u2028", "＝1"),
    ]
)
TEXT = HARD | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)
FILLED = TEXT.filter(str.strip)
# A database gives a large real number back as an integer, which may have hundreds of digits.
NUMBER = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False).map(
    lambda number: json.loads(jsonb(number))
)
KEY = (
    st.sampled_from(["a", "A", "topic", "a.b", " a", "id", "tags", "x y", "{", "=k", "né"])
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)
).filter(lambda key: not key_fault(key))
VALUE = st.recursive(
    TEXT | NUMBER | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=3,
)
OBJECT = st.dictionaries(KEY, VALUE, max_size=3)
ROLE = st.sampled_from(["user", "assistant", "system", "tool", "unknown"])
MESSAGE = st.tuples(ROLE, TEXT, TEXT.filter(bool)).map(
    lambda each: dict(zip(("role", "content", "summary"), each, strict=True))
)
TURN = st.tuples(st.sampled_from(["user", "assistant"]), TEXT).map(
    lambda each: {"role": each[0], "content": each[1]}
)
TAG = st.sampled_from(["a", "b c", "-x", "=1", "[y]", "{z", "a, b", 'q"', "é", "😀"])
MOMENT = st.none() | st.integers(0, 10**17).map(
    lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n)
)
ITEM = st.builds(
    ItemRecord,
    public_id=st.just("") | st.sampled_from(["i-1", "-2", "=3", "x y", "0012", "é"]),
    input=FILLED,
    output=FILLED,
    expected_output=st.just("") | FILLED,
    context=OBJECT,
    history=(st.lists(TURN, max_size=3) | st.lists(MESSAGE, max_size=2)).map(tuple),
    participant_data=OBJECT,
    session_state=OBJECT,
    summary=st.just("") | FILLED,
    tags=st.lists(TAG, max_size=3, unique_by=str.casefold).map(tuple),
    created_at=MOMENT,
    checks=st.just(()),
    files=st.just(()),
    said=st.just(frozenset()),
)
ITEMS = st.lists(ITEM, max_size=3, unique_by=lambda item: item.public_id or object())
