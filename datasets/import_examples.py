"""A small file in each format of items: shown beside the upload, and there to be filled in."""

from __future__ import annotations

import io
import json
import zipfile

DATASET_CSV = """id,Human Message,AI Response,Datetime,History,participant_data.name,context.topic
,What is 2+2?,2+2 equals 4,2026-03-15T10:35:00Z,"user: Hello
assistant: Hi there!",Jane,arithmetic
,Name a prime number.,Seven.,,,Jane,arithmetic
"""
SUITE_CSV = """Test Id,Test Input,Right Answer,Tags,Context Keys,Context Values,Operator,Criteria
,,,,,,grammar,
,,,,,,,
geo-001,Which river crosses Vienna?,The Danube,rivers,date,2026-01-15,includes,Danube
,,,easy,audience,pupils,excludes_exactly,Elbe
geo-002,"Name two seas,
one per line",,seas,,,list_format,
"""
SUITE = {
    "title": "Geography basics",
    "global_checks": [{"operator": "grammar"}],
    "tests": [
        {
            "id": "geo-001",
            "input_under_test": "Which river crosses Vienna?",
            "right_answer": "The Danube",
            "tags": ["rivers", "easy"],
            "context": {"date": "2026-01-15"},
            "checks": [{"operator": "includes", "criteria": "Danube"}],
        }
    ],
}
ITEM = {
    "input": "Which river crosses Vienna?",
    "output": "The Danube.",
    "context": {"topic": "rivers"},
    "tags": ["easy"],
}
CHAT = {
    "messages": [
        {"role": "user", "content": "Which river crosses Vienna?"},
        {"role": "assistant", "content": "The Danube."},
    ]
}
LANGSMITH = {
    "inputs": {"question": "Which river crosses Vienna?"},
    "outputs": {"answer": "The Danube."},
}
LANGFUSE = {"input": "Which river crosses Vienna?", "expectedOutput": "The Danube."}
ZIP_SUITE = """Test Id,Test Input,Files,Operator,Criteria
map-001,Which rivers are on the map?,documents/map.txt,includes,Danube
"""
ZIP_MEMBERS = {"suite.csv": ZIP_SUITE, "documents/map.txt": "Danube, Inn, Elbe\n"}
ZIP_LISTING = f"suite.csv\ndocuments/map.txt\n\nsuite.csv says:\n{ZIP_SUITE}"
# What an example shows that cannot be seen at once.
NOTES = {
    "dataset-csv": "Only the first two columns are required, and other titles can be mapped in the "
    "next step. An id says which item of the dataset a row changes; without one it is a new item.",
    "suite-csv": "A row without Test Input goes on with the test above it: more tags, context and "
    "checks. Rows before the first test, up to a blank row, are checks on every item.",
    "suite-zip": "The files that the tests name lie in documents/ beside the suite.",
    "chat-items": "The last question becomes the input, the reply to it the output, and what came "
    "before the history.",
    "langsmith": "The outputs become the expected output.",
}


def _lines(*values: object) -> str:
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in values)


def _document(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


EXAMPLES = {
    "dataset-csv": DATASET_CSV,
    "suite-csv": SUITE_CSV,
    "suite-json": _document(SUITE),
    "suite-zip": ZIP_LISTING,
    "dataset-json": _document([ITEM]),
    "dataset-jsonl": _lines(ITEM),
    "chat-items": _lines(CHAT),
    "langsmith": _lines(LANGSMITH),
    "langfuse": _document([LANGFUSE]),
}


def file_of(slug: str) -> bytes:
    """The example as a file, to be filled in."""
    if slug != "suite-zip":
        return EXAMPLES[slug].encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        for name, text in ZIP_MEMBERS.items():
            members.writestr(name, text)
    return archive.getvalue()
