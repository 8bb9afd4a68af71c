"""The pages of exports: list, dialog, one export, its file; each for who asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from evalplatform.jobs.running import run_job
from exports.catalog import FORMATS
from exports.formats.options import ExportOptions
from exports.models import Export
from exports.selection import Selection
from tests.cast import Cast, make_cast
from tests.sessions import make_label, make_session

SignIn = Callable[..., Client]
HTMX = {"HX-Request": "true"}
FOLDER = Path(settings.HOME) / "files" / "exports"
DIALOG = "/t/lighthouse/exports/new/"
LIST = "/t/lighthouse/exports/"


@pytest.fixture
def built_cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture(autouse=True)
def empty_folder() -> Iterator[None]:
    yield
    for path in FOLDER.glob("*"):
        path.unlink()


def ready(owner: Any, **fields: Any) -> Any:
    session = make_session(owner=owner, **fields)
    make_label(session)
    return session


def ask(by: Any, slug: str = "openai") -> Export:
    return Export.request(FORMATS[slug], ExportOptions(), Selection(), by=by)[0]


def sent(text: str) -> dict[str, Any]:
    """Read the fields that the form would send as it stands."""
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", text):
        values = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        is_choice = values.get("type") in {"radio", "checkbox"}
        if "name" in values and not (is_choice and " checked" not in tag):
            fields.setdefault(values["name"], []).append(values.get("value", "on"))
    return fields


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def stats(text: str) -> dict[str, str]:
    found = re.findall(
        r'stat__label">(?:<svg.*?</svg>)?([^<]+)</span> ?<span class="stat__value">([\d,]+)', text
    )
    return dict(found)


def test_the_dialog_proposes_its_own_defaults_and_counts(cast: Cast, sign_in: SignIn) -> None:
    ready(cast.eva, model="m-1")
    ready(cast.eva, model="m-2", messages=(("user", "?"),))
    ready(cast.eva, messages=())
    make_session(owner=cast.eva)

    response = sign_in(cast.eva).get(f"{DIALOG}?scope=all", headers=HTMX)

    text = text_of(response)
    assert text.startswith("<dialog")
    assert stats(text) == {"Sessions": "1", "Test cases": "1", "Models": "2"}
    assert "1 session is without messages and will be skipped." in text
    assert "1 session is without a reply and will be skipped." in text
    assert "1 session is without a model." in text
    fields = sent(text)
    assert fields["format"] == ["deepeval"]
    assert set(fields) == {
        "csrfmiddlewaretoken", "scope", "token", "format", "turn_mode", "context_from_turns",
        "anonymise_paths",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "counts"),
    [
        ({"format": "deepeval", "turn_mode": "per_turn"}, ("2", "3")),
        ({"format": "deepeval", "turn_mode": "full"}, ("2", "2")),
        ({"format": "deepeval", "turn_mode": "final_only"}, ("2", "2")),
        ({"format": "openai", "turn_mode": "full"}, ("3", "3")),
        ({"format": "text", "turn_mode": "full"}, ("3", "3")),
    ],
)
def test_the_counts_follow_format_and_options(
    cast: Cast, sign_in: SignIn, chosen: dict[str, str], counts: tuple[str, str]
) -> None:
    ready(cast.eva, messages=(("user", "1"), ("assistant", "a"), ("user", "2"), ("assistant", "b")))
    ready(cast.eva)
    ready(cast.eva, messages=(("user", "?"),))
    data = chosen | {"scope": "all", "token": "0" * 32}

    text = text_of(sign_in(cast.eva).post(f"{DIALOG}?part=preview", data, headers=HTMX))

    assert not text.startswith("<dialog")
    assert (stats(text)["Sessions"], stats(text)["Test cases"]) == counts


def test_ticked_sessions_that_are_not_ready_are_named(cast: Cast, sign_in: SignIn) -> None:
    ids = [ready(cast.eva).pk, make_session(owner=cast.eva).pk, ready(cast.emil).pk]

    text = text_of(sign_in(cast.eva).post(DIALOG, {"ids": ids}, headers=HTMX))

    assert stats(text)["Sessions"] == "1"
    assert "1 session is not eval-ready and will not be exported." in text


def test_all_means_the_whole_filtered_view(cast: Cast, sign_in: SignIn) -> None:
    ready(cast.eva, tags=["a"])
    ticked = ready(cast.eva, tags=["b"]).pk

    text = text_of(sign_in(cast.eva).get(f"{DIALOG}?tag=a&scope=all&ids={ticked}", headers=HTMX))

    assert "Tag: a" in text
    assert sent(text)["tag"] == ["a"]
    assert "ids" not in sent(text)


def test_a_filter_that_is_wrong_is_told_and_nothing_is_counted(cast: Cast, sign_in: SignIn) -> None:
    ready(cast.eva)

    text = text_of(sign_in(cast.eva).get(f"{DIALOG}?status=good&scope=all", headers=HTMX))

    assert "This cannot be exported" in text
    assert "stat__value" not in text


def test_without_htmx_the_dialog_is_a_page(cast: Cast, sign_in: SignIn) -> None:
    text = text_of(sign_in(cast.eva).get(DIALOG))

    assert "<h1>New export</h1>" in text
    assert "The file would be empty" in text


def test_the_form_starts_one_export_however_often_it_is_sent(cast: Cast, sign_in: SignIn) -> None:
    ready(cast.eva, tags=["a"])
    client = sign_in(cast.eva)
    fields = sent(text_of(client.get(f"{DIALOG}?tag=a&scope=all", headers=HTMX)))

    first, second = client.post(LIST, fields), client.post(LIST, fields)

    export = Export.all_rows.get()
    assert first.status_code == 302
    assert first["Location"] == second["Location"] == f"{LIST}{export.pk}/"
    assert export.filters == {"filters": {"tag": ["a"]}}
    assert export.options == ExportOptions.dialog_defaults().canonical()


@pytest.mark.parametrize("change", [{"format": "csv"}, {"token": "x"}, {"status": "good"}])
def test_a_wrong_form_comes_back_and_starts_nothing(
    cast: Cast, sign_in: SignIn, change: dict[str, str]
) -> None:
    data = {"format": "text", "turn_mode": "full", "scope": "all", "token": "0" * 32} | change

    response = sign_in(cast.eva).post(LIST, data)

    assert response.status_code == 422
    assert not Export.all_rows.exists()


def test_the_list_moves_while_it_works_and_offers_the_file_after(
    built_cast: Cast, sign_in: SignIn
) -> None:
    cast = built_cast
    ready(cast.eva)
    client, export = sign_in(cast.eva), ask(cast.eva)

    waiting = text_of(client.get(LIST))
    run_job(export.job_id)
    done = text_of(client.get(LIST))

    assert f"/t/lighthouse/jobs/{export.job_id}/progress/" in waiting
    assert "Download" not in waiting
    assert f"{LIST}{export.pk}/download/" in done
    assert Export.all_rows.get().sha256 in done


def test_one_export_shows_its_proof_and_how_to_use_it(built_cast: Cast, sign_in: SignIn) -> None:
    cast = built_cast
    ready(cast.eva)
    export = ask(cast.eva)
    run_job(export.job_id)

    text = text_of(sign_in(cast.eva).get(f"{LIST}{export.pk}/"))

    sha256 = Export.all_rows.get().sha256
    assert text.count(sha256) >= 3
    assert "verify_export" in text
    assert "&quot;manifestVersion&quot;: 1" in text


def test_download_and_manifest_come_as_files(built_cast: Cast, sign_in: SignIn) -> None:
    cast = built_cast
    ready(cast.eva)
    export = ask(cast.eva)
    client = sign_in(cast.eva)
    before = client.get(f"{LIST}{export.pk}/download/")
    run_job(export.job_id)

    file = client.get(f"{LIST}{export.pk}/download/")
    manifest = client.get(f"{LIST}{export.pk}/manifest/")

    assert before.status_code == 404
    for response in (file, manifest):
        assert response["Content-Disposition"].startswith("attachment; ")
        assert response["Content-Security-Policy"] == "sandbox"
    assert b"".join(file).startswith(b'{"messages": ')


def test_again_asks_for_the_same(cast: Cast, sign_in: SignIn) -> None:
    selection = Selection.checked(cast.eva, filters={"tag": ["a"]}, limit=3)
    options = ExportOptions.dialog_defaults()
    export, _ = Export.request(FORMATS["deepeval"], options, selection, by=cast.eva)

    response = sign_in(cast.eva).post(f"{LIST}{export.pk}/again/", {"token": str(uuid4())})

    again = Export.all_rows.exclude(pk=export.pk).get()
    assert response["Location"] == f"{LIST}{again.pk}/"
    assert (again.format, again.options, again.filters) == (
        export.format, export.options, export.filters,
    )  # fmt: skip


def tokens_of(response: Any) -> list[str]:
    """Return the tokens of the page's forms that ask for an export again."""
    return re.findall(r'/again/">.*?name="token" value="([^"]+)"', text_of(response))


@pytest.mark.parametrize("path", ["", "{pk}/"])
def test_again_pressed_twice_shows_the_first_export(cast: Cast, sign_in: SignIn, path: str) -> None:
    export = ask(cast.eva)
    export.job.cancel(by=cast.eva)
    client = sign_in(cast.eva)
    (token,) = tokens_of(client.get(f"{LIST}{path.format(pk=export.pk)}"))

    first, second = (client.post(f"{LIST}{export.pk}/again/", {"token": token}) for _ in range(2))

    again = Export.all_rows.exclude(pk=export.pk).get()
    assert first["Location"] == second["Location"] == f"{LIST}{again.pk}/"


def test_again_on_a_page_opened_anew_makes_another_export(cast: Cast, sign_in: SignIn) -> None:
    export = ask(cast.eva)
    export.job.cancel(by=cast.eva)
    client = sign_in(cast.eva)

    for _ in range(2):
        (token,) = tokens_of(client.get(f"{LIST}{export.pk}/"))
        client.post(f"{LIST}{export.pk}/again/", {"token": token})

    assert Export.all_rows.count() == 3


def test_again_without_its_token_makes_no_export(cast: Cast, sign_in: SignIn) -> None:
    export = ask(cast.eva)

    response = sign_in(cast.eva).post(f"{LIST}{export.pk}/again/", follow=True)

    assert "press the button again" in text_of(response)
    assert Export.all_rows.count() == 1


@pytest.mark.parametrize("name", ["olga", "adam", "emil", "tess", "otto", None])
def test_the_pages_of_an_export_are_for_who_asked(
    cast: Cast, sign_in: SignIn, name: str | None
) -> None:
    export = ask(cast.eva)
    client = sign_in(cast.actor(name)) if name else Client()
    expected = 404 if name else 302

    for end in ("", "download/", "manifest/"):
        assert client.get(f"{LIST}{export.pk}/{end}").status_code == expected
    assert client.post(f"{LIST}{export.pk}/again/").status_code == expected
    assert Export.all_rows.count() == 1


@pytest.mark.parametrize("name", ["olga", "adam", "eva", "emil", "tess"])
def test_every_member_reaches_the_list_and_the_dialog(
    cast: Cast, sign_in: SignIn, name: str
) -> None:
    ask(cast.actor("eva" if name != "eva" else "emil"))
    client = sign_in(cast.actor(name))

    assert "No exports yet" in text_of(client.get(LIST))
    assert client.get(DIALOG).status_code == 200


@pytest.mark.parametrize("path", [LIST, DIALOG])
def test_outsiders_do_not(cast: Cast, sign_in: SignIn, path: str) -> None:
    assert sign_in(cast.otto).get(path).status_code == 404
    assert sign_in(cast.otto).post(path, {"format": "text"}).status_code == 404
    assert Client().get(path).status_code == 302


def test_the_list_does_not_query_per_row(
    cast: Cast, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    client = sign_in(cast.eva)
    ask(cast.eva)
    client.get(LIST)
    with django_assert_num_queries(6):
        client.get(LIST)
    for _ in range(15):
        ask(cast.eva)

    with django_assert_num_queries(6):
        client.get(LIST)
