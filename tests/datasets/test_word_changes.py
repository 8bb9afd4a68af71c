"""Two texts side by side: the words that differ are marked, and nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from datasets.word_changes import Piece, around_change, word_change


def joined(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def test_only_the_words_that_differ_are_marked() -> None:
    change = word_change("The Danube.", "The Inn.")
    assert change.before == [("The ", False), ("Danube", True), (".", False)]
    assert change.after == [("The ", False), ("Inn", True), (".", False)]


def test_what_is_no_text_is_compared_as_people_read_it() -> None:
    change = word_change(["rivers", "easy"], ["rivers", "hard"])
    assert joined(change.after) == "rivers, hard"
    assert joined(word_change({}, {"a": 1}).before) == ""
    assert joined(word_change(None, "x").before) == ""


def test_of_long_texts_the_place_of_the_change_is_shown() -> None:
    text = "word " * 1000
    before, after = around_change(f"{text}Danube{text}", f"{text}Inn{text}", 600)
    assert "Danube" in before
    assert "Inn" in after
    assert before[0] == before[-1] == "…"
    assert len(before) == 602
    assert around_change("a", "ab" * 400, 600)[0] == "a"


@given(st.text(max_size=200), st.text(max_size=200))
def test_the_pieces_make_the_texts(before: str, after: str) -> None:
    change = word_change(before, after)
    assert (joined(change.before), joined(change.after)) == (before, after)
    unchanged = [
        "".join(p.text for p in side if not p.is_changed) for side in (change.before, change.after)
    ]
    assert unchanged[0] == unchanged[1]
