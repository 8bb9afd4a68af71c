"""Sessions are narrowed by an allowlist of names, over visible rows only."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from datasets.filters import as_params, filter_sessions
from datasets.models import Session
from tests.cast import Cast
from tests.sessions import make_label, make_session


def titles(cast: Cast, query: str, *, who: str = "eva") -> list[str]:
    found = filter_sessions(cast.actor(who), QueryDict(query))
    assert not found.errors
    return sorted(found.qs.values_list("title", flat=True))


@pytest.fixture
def sessions(cast: Cast) -> None:
    label = make_session(
        owner=cast.eva, title="Lost key", model="m-1", project_name="desk", tags=["late"],
        channel="web", participant_identifier="p1",
        started_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC),
    )  # fmt: skip
    make_label(label, status="golden", tags=["gold tag"])
    other = make_session(
        owner=cast.eva, title="Noise", model="m-2", source="bot",
        started_at=datetime(2026, 3, 2, 0, 0, tzinfo=UTC),
    )  # fmt: skip
    make_label(other, is_eval_ready=False, status=None)
    make_session(owner=cast.eva, title="Plain", started_at=datetime(2026, 3, 5, tzinfo=UTC))
    make_session(owner=cast.emil, title="A colleague's", tags=["late"], model="m-1")
    make_session(owner=cast.otto, title="An outsider's", tags=["late"], model="m-1")


@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Lost key", "Noise", "Plain"]),
        ("source=bot", ["Noise"]),
        ("source=bot&source=helpdesk", ["Lost key", "Noise", "Plain"]),
        ("source=absent", []),
        ("model=m-1", ["Lost key"]),
        ("project=desk", ["Lost key"]),
        ("tag=late", ["Lost key"]),
        ("tag=gold+tag&tag=absent", ["Lost key"]),
        ("participant=p1", ["Lost key"]),
        ("channel=web", ["Lost key"]),
        ("status=golden", ["Lost key"]),
        ("status=unset", ["Noise", "Plain"]),
        ("status=unset&status=golden", ["Lost key", "Noise", "Plain"]),
        ("eval_ready=1", ["Lost key"]),
        ("eval_ready=0", ["Noise", "Plain"]),
        ("eval_ready=0&eval_ready=1", ["Lost key", "Noise", "Plain"]),
        ("date_to=2026-03-01", ["Lost key"]),
        ("date_from=2026-03-02", ["Noise", "Plain"]),
        ("date_from=2026-03-02T00:00:01Z", ["Plain"]),
        ("date_from=2026-03-02&date_to=2026-03-02", ["Noise"]),
        ("q=noise", ["Noise"]),
        ("q=lost+key", ["Lost key"]),
        ("q=nothing", []),
        ("model=m-1&tag=late&status=golden", ["Lost key"]),
        ("tag=&q=+", ["Lost key", "Noise", "Plain"]),
    ],
)
def test_each_filter_keeps_what_it_names(cast: Cast, query: str, expected: list[str]) -> None:
    assert titles(cast, query) == expected


@pytest.mark.usefixtures("sessions")
def test_a_filter_never_reaches_beyond_the_visible_rows(cast: Cast) -> None:
    assert titles(cast, "tag=late", who="emil") == ["A colleague's"]
    assert titles(cast, "tag=late", who="olga") == ["A colleague's", "Lost key"]
    assert titles(cast, "tag=late", who="tess") == []
    assert titles(cast, "model=m-1", who="otto") == ["An outsider's"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("status=silver", "status"),
        ("eval_ready=yes", "eval_ready"),
        ("date_from=yesterday", "date_from"),
        ("date_to=2026-02-30", "date_to"),
        ("date_to=9999-12-31", "date_to"),
        ("q=" + "x" * 501, "q"),
        ("model=" + "x" * 501, "model"),
        ("&".join(f"tag={n}" for n in range(51)), "tag"),
    ],
)
def test_a_bad_value_is_an_error_at_its_field_and_keeps_no_row(
    cast: Cast, query: str, name: str
) -> None:
    make_session(owner=cast.eva)

    found = filter_sessions(cast.eva, QueryDict(query))

    assert list(found.errors) == [name]
    assert not found.qs.exists()
    assert found.canonical() == {}


@pytest.mark.parametrize(
    "name",
    ["owner__password__startswith", "_connector", "?", "pk__in", "order_by", "tag__contains", "id"],
)
def test_unknown_names_are_errors_where_they_must_be_and_never_filter(
    cast: Cast, name: str
) -> None:
    make_session(owner=cast.eva)
    params = as_params({name: "x"})

    assert list(filter_sessions(cast.eva, params, strict=True).errors) == [name]
    assert filter_sessions(cast.eva, params).qs.count() == 1


def test_words_are_found_in_messages_once_intake_has_indexed_them(cast: Cast) -> None:
    from django.contrib.postgres.search import SearchVector
    from django.db.models import Value

    session = make_session(owner=cast.eva, title="")
    words = SearchVector(Value("the danube crosses vienna"), config="simple")
    Session.all_rows.filter(pk=session.pk).update(search=words)

    def n_found(query: str) -> int:
        return filter_sessions(cast.eva, as_params({"q": query})).qs.count()

    assert n_found("Danube") == 1
    assert n_found('"crosses vienna"') == 1
    assert n_found("danube -vienna") == 0


def test_canonical_filters_are_the_same_for_the_same_meaning(cast: Cast) -> None:
    one = filter_sessions(cast.eva, QueryDict("tag=b&tag=a&page=2&date_to=2026-03-01&eval_ready=1"))
    two = filter_sessions(cast.eva, QueryDict("eval_ready=1&tag=a&date_to=2026-03-01&tag=b&tag=b"))

    assert one.canonical() == two.canonical()
    again = filter_sessions(cast.eva, as_params(one.canonical()), strict=True)
    assert again.errors == {}
    assert again.canonical()["tag"] == ["a", "b"]


def test_canonical_filters_mean_the_same_when_read_again(cast: Cast) -> None:
    first = filter_sessions(cast.eva, QueryDict("date_from=2026-03-01&date_to=2026-03-01&tag=x"))

    again = filter_sessions(cast.eva, as_params(first.canonical()))

    assert again.canonical() == first.canonical()


@pytest.mark.parametrize("value", [None, {"a": 1}, [["a"]]])
def test_filters_in_a_body_are_texts_or_lists_of_texts(value: Any) -> None:
    with pytest.raises(ValidationError, match="Write text or a list of texts"):
        as_params({"tag": value})


def test_a_chip_leads_to_the_list_without_its_filter(cast: Cast) -> None:
    found = filter_sessions(cast.eva, QueryDict("tag=a&tag=b&status=unset&page=x"))

    chips = {(chip["label"], chip["value"]): chip["remove_url"] for chip in found.chips("/s/")}

    assert chips == {
        ("Tag", "a"): "/s/?tag=b&status=unset",
        ("Tag", "b"): "/s/?tag=a&status=unset",
        ("Status", "Unset"): "/s/?tag=a&tag=b",
    }


def test_an_untitled_session_is_listed_by_how_it_begins(cast: Cast) -> None:
    untitled = make_session(owner=cast.eva, title="", messages=(("user", "Is the pool open?"),))
    silent = make_session(owner=cast.eva, title="", messages=())
    rows = Session.objects.visible_to(cast.eva).with_opening()

    assert str(rows.get(pk=untitled.pk)) == "Is the pool open?"
    assert str(rows.get(pk=silent.pk)) == "Untitled"
