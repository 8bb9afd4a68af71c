"""What an export says of the sessions it was asked for."""

from __future__ import annotations

from exports.selection import Selection


def test_what_holds_for_every_export_goes_unsaid() -> None:
    assert Selection(filters={"eval_ready": ["1"]}).text == "All eval-ready sessions"
    narrowed = Selection(filters={"eval_ready": ["1"], "source": ["spa", "bar"]})
    assert narrowed.text == "Source: spa or bar"


def test_chosen_sessions_are_counted() -> None:
    assert Selection(session_ids=("a", "b")).text == "2 chosen sessions"
