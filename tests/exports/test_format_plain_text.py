"""The plain text file, to the letter (formats 1.3, options 1.7)."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exports.formats.options import ExportOptions
from exports.formats.plain_text import write
from exports.formats.records import ExportSession, Tally
from tests.exports.conversations import RICH, session

GOLDEN = Path(__file__).parents[1] / "data" / "exports"
LABELLED = session(
    ("user", "The target name clashes with a folder."),
    ("assistant", "Mark it phony, then it is always run."),
    title="Rename the build target",
    prompt_tokens=1000,
    completion_tokens=204,
    cost=Decimal("0.0200"),
    model="example-model-1",
    eval_status="correct",
    label_tags=("build", "tooling"),
)


def written(*sessions: ExportSession, **options: Any) -> str:
    return "".join(write(sessions, ExportOptions(**options)))


def test_the_example_of_the_contract_is_written_to_the_byte() -> None:
    assert written(LABELLED) == (GOLDEN / "labelled.text.txt").read_text("utf-8")


def test_rich_and_bare_conversations_are_written_as_before() -> None:
    bare = session(("user", "Anyone?"))
    assert written(RICH, bare, LABELLED) == (GOLDEN / "rich.text.txt").read_text("utf-8")


def test_two_newlines_stand_between_sessions_and_one_at_the_end() -> None:
    once = written(LABELLED)
    assert written(LABELLED, LABELLED) == f"{once}\n{once}"
    assert once.endswith("tooling\n")


def test_no_session_gives_an_empty_file() -> None:
    assert written() == ""


def test_what_is_missing_is_said() -> None:
    assert written(session(("user", "Anyone?"))) == (
        "## Session: Untitled\n\n**User:** Anyone?\n\n"
        "---\nTokens: 0 | Cost: $0.00 | Model: unknown\nStatus: unset\n"
    )


@pytest.mark.parametrize(
    ("title", "heading"),
    [
        (" ", "Untitled"),
        ("Two  spaces ", "Two  spaces "),
        ("One\n\n two\r\nthree\u2028four\n", "One two three four"),
        ("Ends\n", "Ends"),
    ],
)
def test_a_title_takes_one_line(title: str, heading: str) -> None:
    text = written(session(("user", "Q"), title=title))
    assert text.startswith(f"## Session: {heading}\n\n**User:** Q")


def test_every_role_has_its_word() -> None:
    roles = ("system", "user", "assistant", "tool", "unknown")
    text = written(session(*((role, role.upper()) for role in roles)))
    assert (
        "**System:** SYSTEM\n\n**User:** USER\n\n**Assistant:** ASSISTANT\n\n"
        "**Tool:** TOOL\n\n**Unknown:** UNKNOWN\n\n---\n"
    ) in text


def test_a_session_without_messages_is_skipped_and_counted() -> None:
    tally = Tally()
    text = "".join(write([session(), LABELLED, session()], ExportOptions(), tally))
    assert text == written(LABELLED)
    assert tally == Tally(n_sessions=1, n_skipped=2, n_test_cases=1)


def test_without_system_prompts_they_are_not_shown() -> None:
    assert "System" not in written(RICH, include_system=False)


def test_user_names_in_paths_are_gone() -> None:
    in_title = LABELLED._replace(title="Clean /home/olga/x")
    assert "olga" not in written(in_title, RICH, anonymise_paths=True).lower()


def test_code_blocks_only_shows_the_blocks_of_replies_and_no_session_without_code() -> None:
    text = written(RICH, LABELLED, code_blocks_only=True)
    assert text.count("**Assistant:** ```python\n") == text.count("**Assistant:**") == 1
    assert text.count("**User:** ") == 3
    assert LABELLED.title not in text
