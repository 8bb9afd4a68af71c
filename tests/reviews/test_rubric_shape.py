"""Rubrics are read strictly, written back unchanged, and hold answers to their word."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.rubrics.answering import read_answers
from reviews.rubrics.builtin import BUILT_IN, LAB_REVIEW
from reviews.rubrics.comparing import changes
from reviews.rubrics.drafting import read_draft
from reviews.rubrics.shape import Kind, ShapeError, read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
ONE: dict[str, Any] = {"key": "a", "label": "A", "kind": "boolean"}


def rubric(*criteria: dict[str, Any]) -> dict[str, Any]:
    return {"sections": [{"key": "s", "label": "S", "criteria": list(criteria)}]}


@pytest.mark.parametrize("slug", BUILT_IN)
def test_built_in_rubrics_come_back_as_they_were_written(slug: str) -> None:
    shape = BUILT_IN[slug][2]

    assert read(shape.as_json()) == shape


def test_the_lab_review_has_the_keys_of_the_contract() -> None:
    assert [criterion.key for criterion in LAB_REVIEW.criteria()] == [
        "ratings.tone", "ratings.usefulness", "ratings.calming", "ratings.naturalness",
        "ratings.trust", "keepTalking", "status", "priority", "feltOff", "owner",
        "employeeReview.understoodNeed", "employeeReview.rightNextMove",
        "employeeReview.calmingEffect", "employeeReview.riskOrConfusion",
        "employeeReview.seniorReview", "employeeReview.reusableLearning",
        "humanGuidanceEval.emotionalValidation", "humanGuidanceEval.cognitiveUnderstanding",
        "humanGuidanceEval.actionability", "humanGuidanceEval.toneAppropriateness",
        "humanGuidanceEval.authenticity", "humanGuidanceEval.notes", "canonCandidate",
    ]  # fmt: skip
    assert LAB_REVIEW.by_key["status"].values == ("pass", "refine", "fail")
    assert LAB_REVIEW.by_key["ratings.tone"].values == tuple(map(str, range(1, 11)))


@pytest.mark.parametrize(
    ("held", "path"),
    [
        ({}, "sections"),
        ([], "rubric"),
        ({"sections": [{"key": "s", "label": "S", "criteria": []}]}, "sections[0].criteria"),
        (rubric({**ONE, "key": "1a"}), "sections[0].criteria[0].key"),
        (rubric({**ONE, "label": " "}), "sections[0].criteria[0].label"),
        (rubric({**ONE, "kind": "stars"}), "sections[0].criteria[0].kind"),
        (rubric({**ONE, "required": 1}), "sections[0].criteria[0].required"),
        (rubric(ONE, ONE), "sections[0].criteria[1].key"),
        (rubric({**ONE, "options": [{"value": "x"}]}), "sections[0].criteria[0].options"),
        (
            rubric({**ONE, "kind": "choice", "options": [{"value": "x"}]}),
            "sections[0].criteria[0].options",
        ),
        (
            rubric({**ONE, "kind": "choice", "options": [{"value": "x"}, {"value": "x"}]}),
            "sections[0].criteria[0].options[1].value",
        ),
        (rubric({**ONE, "kind": "rating", "min": 1}), "sections[0].criteria[0].min"),
        (rubric({**ONE, "kind": "rating", "min": 1, "max": 99}), "sections[0].criteria[0].max"),
        (rubric({**ONE, "kind": "number", "min": 2, "max": 1}), "sections[0].criteria[0].max"),
        (rubric({**ONE, "kind": "number", "step": 0}), "sections[0].criteria[0].step"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_place(held: Any, path: str) -> None:
    with pytest.raises(ShapeError) as refused:
        read(held)

    assert refused.value.path == path


@given(JSON)
def test_reading_raises_nothing_else(held: Any) -> None:
    said = ""
    try:
        found = read(held)
    except ShapeError as refused:
        said = str(refused)
    assert said or found.by_key


BROKEN = st.recursive(
    st.sampled_from([ONE, {**ONE, "key": "b"}, {**ONE, "label": ""}, {"kind": "choice"}]) | JSON,
    lambda inner: st.lists(inner, max_size=3).map(
        lambda held: {"key": "s", "label": "S", "criteria": held, "sections": held}
    ),
    max_leaves=8,
)


@given(BROKEN)
def test_a_draft_has_faults_exactly_when_the_rubric_cannot_be_asked(held: Any) -> None:
    drafted = read_draft(held)

    if drafted.faults:
        with pytest.raises(ShapeError) as refused:
            read(held)
        assert refused.value.path in drafted.faults
    else:
        assert drafted.n_criteria == len(read(held).by_key)


def test_every_fault_of_a_draft_is_told_at_its_place_and_the_rest_can_be_asked() -> None:
    drafted = read_draft(rubric(ONE, {**ONE, "label": ""}, ONE, {**ONE, "key": "c"}))

    assert drafted.faults == {
        "sections[0].criteria[1].label": "Write something here.",
        "sections[0].criteria[2].key": "The criterion “a” is there twice. Rename one.",
    }
    assert drafted.n_criteria == 2


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (rubric(ONE), []),
        (rubric({**ONE, "label": "B"}), [("changed", "a", (("label", "A", "B"),))]),
        (rubric({**ONE, "key": "b"}), [("added", "b", ()), ("removed", "a", ())]),
        (rubric(ONE, {**ONE, "key": "b"}), [("added", "b", ())]),
        (
            rubric({**ONE, "kind": "rating", "min": 1, "max": 5, "required": False}),
            [
                (
                    "changed",
                    "a",
                    (
                        ("kind", "Yes or no", "Rating"),
                        ("required", "yes", "no"),
                        ("smallest", "", "1"),
                        ("largest", "", "5"),
                    ),
                )
            ],
        ),
    ],
)
def test_what_changed_between_two_versions_is_told_by_key(new: Any, told: Any) -> None:
    found = changes(read(rubric(ONE)), read(new))

    assert [(each.how, each.key, each.details) for each in found] == told


def test_one_criterion_that_moved_is_told_and_not_all_those_that_it_passed() -> None:
    a, b, c = (ONE, {**ONE, "key": "b"}, {**ONE, "key": "c"})

    found = changes(read(rubric(a, b, c)), read(rubric(c, a, b)))

    assert [(each.how, each.key) for each in found] == [("moved", "c")]


EVERY_KIND = read(
    rubric(
        {"key": "verdict", "label": "V", "kind": "pass_fail"},
        {
            "key": "pick",
            "label": "P",
            "kind": "choice",
            "options": [{"value": "x"}, {"value": "y"}],
        },
        {
            "key": "some",
            "label": "M",
            "kind": "multi_choice",
            "options": [{"value": "x"}, {"value": "y"}],
        },
        {"key": "stars", "label": "R", "kind": "rating", "min": 1, "max": 5},
        {"key": "cost", "label": "N", "kind": "number", "min": 0, "step": 0.1},
        {"key": "sure", "label": "B", "kind": "boolean"},
        {"key": "words", "label": "T", "kind": "text", "required": False},
    )
)
FULL = {"verdict": "pass", "pick": "y", "some": ["y", "x"], "stars": 3, "cost": 0.3, "sure": False}


def answers(values: dict[str, Any]) -> dict[str, Any]:
    return {key: {"value": value} for key, value in values.items()}


def test_full_answers_have_no_fault_and_sets_take_the_order_of_the_options() -> None:
    read_back, faults = read_answers(EVERY_KIND, answers(FULL), is_draft=False)

    assert faults == {}
    assert {key: answer.value for key, answer in read_back.items()} == {**FULL, "some": ["x", "y"]}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("verdict", "maybe"), ("verdict", True), ("pick", "z"), ("some", "x"), ("some", ["z"]),
        ("some", ["x", "x"]), ("stars", 0), ("stars", 6), ("stars", 2.5), ("stars", True),
        ("cost", -1), ("cost", 0.25), ("cost", float("nan")), ("cost", "1"), ("sure", "true"),
        ("sure", 1), ("words", 3), ("words", "\x00"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_a_fault_at_its_criterion(key: str, value: Any) -> None:
    _, faults = read_answers(EVERY_KIND, answers({**FULL, key: value}), is_draft=False)

    assert list(faults) == [key]


def test_a_saved_review_lacks_nothing_that_is_required_and_a_draft_may() -> None:
    given_some = answers({"verdict": "pass"})

    assert read_answers(EVERY_KIND, given_some, is_draft=True)[1] == {}
    _, faults = read_answers(EVERY_KIND, given_some, is_draft=False)
    assert sorted(faults) == ["cost", "pick", "some", "stars", "sure"]


def test_a_flag_answers_without_a_value_and_an_empty_set_is_a_value() -> None:
    said = answers({**FULL, "some": []}) | {"verdict": {"flagged": True, "note": "two questions"}}

    read_back, faults = read_answers(EVERY_KIND, said, is_draft=False)

    assert faults == {}
    assert read_back["verdict"].flagged
    assert read_back["some"].value == []


def test_unknown_criteria_are_named() -> None:
    assert read_answers(EVERY_KIND, answers({"colour": 1}), is_draft=True)[1] == {
        "colour": "This rubric has no such criterion."
    }


@given(st.dictionaries(st.sampled_from(list(EVERY_KIND.by_key)), JSON))
def test_answers_of_any_form_raise_nothing(said: dict[str, Any]) -> None:
    wrapped = {key: {"value": value} for key, value in said.items()}
    for given_, is_draft in ((said, False), (wrapped, True)):
        read, faults = read_answers(EVERY_KIND, given_, is_draft=is_draft)
        assert set(read) | set(faults) <= set(EVERY_KIND.by_key) | {""}


def test_every_kind_is_tried() -> None:
    assert {criterion.kind for criterion in EVERY_KIND.criteria()} == set(Kind)
