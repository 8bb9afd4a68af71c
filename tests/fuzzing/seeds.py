"""Sound files of each format, for a fuzzer to begin with and to tear apart."""

from __future__ import annotations

import json
import re

from tests.datasets.archives import Entry, archive, suite

SUITE = """Test Id,Test Input,Right Answer,Tags,Operator,Criteria
,,,,grammar,
,,,,,
geo-1,Which river crosses Vienna?,The Danube,rivers,includes,Danube
,,,easy,,excludes_exactly,Elbe
"""
CSV = "id,Human Message,AI Response,context.topic\n,Name a sea.,The Black Sea.,seas\n"
ALL_COLUMNS = (
    "Test Id,Test Input,Right Answer,Tags,Files,Context Keys,Context Values,Operator,Criteria,"
    "Weight,Category,Extraction Prompt,Conditional Operator,Conditional Criteria,Example Type,"
    "Example Value,context:k\n"
    ",,,,,,,grammar,,1,Style,,,,,,\n,,,,,,,,,,,,,,,,\n"
    "g-1,Which?,The Danube,rivers,documents/a.txt,date,[1],regex,a+,2,Right,the river,answers,,"
    "positive,It is.,v\n"
    ",,,easy,,more,x,,,,,,,,negative,No.,\n,,,,,,,less_than_length,9 words,2.0,,,includes,x,,,\n"
)
TESTS = [
    {
        "id": "g-1",
        "input_under_test": "Which?",
        "right_answer": "The Danube",
        "tags": ["rivers"],
        "context": {"a": {"b": [1, None, "x"]}},
        "files_under_test": ["documents/a.txt", {"file_name": "a.txt", "path": "documents/a.txt"}],
        "checks": [
            {
                "operator": "matches_json_schema",
                "criteria": '{"type": "object"}',
                "modifiers": {
                    "severity": 2,
                    "category": "Right",
                    "extractor": "the river",
                    "conditional": {"operator": "answers", "criteria": ""},
                    "examples": [{"type": "positive", "text": "Yes."}],
                },
            }
        ],
    }
]
WHOLE = {"title": "T", "description": "D", "global_checks": [{"operator": "grammar"}]}
ITEMS = [
    {
        "id": "i-1",
        "input": "Which?",
        "output": "The Danube.",
        "context": {"a.b": 1},
        "history": [{"role": "user", "content": "Hi"}],
        "participant_data": {"name": "Jane"},
        "session_state": {"n": 1.5},
        "tags": ["a"],
        "created_at": "2024-03-15T10:35:00Z",
    }
]
ROWS = (
    "id,Human Message,AI Response,Datetime,History,participant_data.name,participant_data,Tags,"
    "session_state.n,context.a.b\n"
    'i-1,Which?,This.,2024-03-15T10:35:00+02:00,"user: Hello\nassistant: Hi",Jane,"{""n"": 1}",'
    '"[""a""]",1,[1]\n'
)
MARKED = "Human Message;AI Response\n'=1;'+2\n"
CHATS = [
    {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]},
    {"inputs": {"question": "Q"}, "outputs": {"answer": "A"}, "metadata": {"k": 1}},
    {"input": {"text": "Q"}, "expectedOutput": {"text": "A"}},
    {"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]},
    {"input": [{"role": "user", "content": [{"type": "text", "text": "Q"}]}], "ideal": ["A"]},
]


def seeds_of(reader: str) -> list[bytes]:
    """Sound files that the reader of this slug takes."""
    return {
        "suite-csv": [SUITE.encode(), ALL_COLUMNS.encode(), ALL_COLUMNS.encode("utf-16")],
        "suite-json": [json.dumps(each).encode() for each in (TESTS, WHOLE | {"tests": TESTS})],
        "suite-zip": [
            suite(),
            archive(Entry("suite.json", json.dumps(TESTS).encode(), 8), Entry("documents/a.txt")),
            ALL_COLUMNS.encode(),
        ],
        "dataset-csv": [each.encode() for each in (CSV, ROWS, MARKED)] + [ROWS.encode("utf-16")],
        "dataset-json": [json.dumps(ITEMS).encode(), json.dumps(ITEMS[0]).encode()],
        "chat-items": [json.dumps(each).encode() for each in (*CHATS, CHATS)],
    }[reader]


def words_of(reader: str) -> list[str]:
    """Titles, keys and values of the seeds: what a fuzzer would not hit upon by itself."""
    text = b"\n".join(seeds_of(reader)).decode("latin-1")
    return sorted({*re.findall(r"[A-Za-z][A-Za-z_. ]{2,}", text), "context:", "Suite Id", "user:"})
