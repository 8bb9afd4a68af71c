"""Guard: the admin is made of scoped pages, shows no secret, and knows every model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.filters import AllValuesFieldListFilter, SimpleListFilter
from django.db import models

from datasets.models import Session
from evalplatform.accounts.models import ApiKey
from evalplatform.accounts.roles import Verb
from evalplatform.admin import TeamAdminSite
from evalplatform.scoping.admin import ScopedModelAdmin, ScopedRelatedFilter
from tests.guards.product import Finding, hold, our_models

UNREGISTERED = {
    "accounts.User": "reached through Membership; a row of one's own is the profile page",
}
SECRETS = {"key_sha256", "token_sha256", "password", "search", "file"}


def admin_findings(registry: dict[type[models.Model], Any]) -> Iterator[Finding]:
    """Yield admin pages that are not scoped, show secrets or offer other teams' rows."""
    for model, page in registry.items():
        place = model._meta.label
        if not isinstance(page, ScopedModelAdmin):
            yield Finding(place, "has an admin page that is not a ScopedModelAdmin")
            continue
        yield from (Finding(place, message) for message in faults(page))


def faults(page: ScopedModelAdmin) -> Iterator[str]:
    """Yield what is wrong with one scoped admin page."""
    if not page.fields:
        yield "lists no fields: what it shows is an allowlist"
    known = {str(verb) for verb in Verb}
    if not {page.verb, page.act_verb or page.verb} <= known:
        yield "needs an unknown verb"
    if page.inlines or page.autocomplete_fields or page.raw_id_fields or page.list_editable:
        yield "has inlines or inputs that Django fills from all rows"
    if (page.writable or page.actions) and page.act_verb is None:
        yield "changes rows and says no act_verb"
    if page.writable and type(page).save_row is ScopedModelAdmin.save_row:
        yield "has writable fields and no save_row()"
    for name in named(page):
        if SECRETS & set(str(name).split("__")):
            yield f"shows or searches {name}"
    yield from filter_faults(page)


def named(page: ScopedModelAdmin) -> Iterator[str]:
    """Yield every name of a field that the page shows, searches, sorts or filters by."""
    for names in (page.fields or (), page.list_display, page.search_fields, page.linked_by):
        yield from (str(name) for name in names)
    yield from (name for name, _ in filters_of(page))


def filters_of(page: ScopedModelAdmin) -> Iterator[tuple[str, Any]]:
    """Yield (name, filter class or None) of the side filters."""
    for item in page.list_filter:
        if isinstance(item, str):
            yield item, None
        elif isinstance(item, tuple):
            yield str(item[0]), item[1]
        else:
            yield "", item


def filter_faults(page: ScopedModelAdmin) -> Iterator[str]:
    """Yield side filters whose choices come from all rows."""
    for name, kind in filters_of(page):
        if isinstance(kind, type) and issubclass(kind, SimpleListFilter | ScopedRelatedFilter):
            continue
        field = page.model._meta.get_field(name)
        plain = field.choices or isinstance(field, models.BooleanField | models.DateField)
        if kind is AllValuesFieldListFilter or not plain:
            yield f"filters by {name} with choices from all rows"


def registration_findings(walked: Iterable[type[models.Model]]) -> Iterator[Finding]:
    """Yield models that the admin does not know."""
    for model in walked:
        if not admin.site.is_registered(model):
            yield Finding(model._meta.label, "is not in the admin")


def test_admin_pages_are_scoped() -> None:
    assert admin.site._registry
    hold(admin_findings(admin.site._registry), {})


def test_every_model_is_in_the_admin() -> None:
    hold(registration_findings(our_models()), UNREGISTERED)


def test_site_lets_no_page_in_that_is_not_scoped() -> None:
    site = TeamAdminSite("planted")
    site.register(Session)
    site.register(Session, admin.ModelAdmin)

    assert not site.is_registered(Session)


def test_guard_catches_a_plain_page_secrets_and_open_choices() -> None:
    class Open(ScopedModelAdmin):
        fields = ("name", "key_sha256")
        writable = ("name",)
        list_filter = ("membership", "name")
        search_fields = ("membership__user__password",)

    planted = {
        Session: admin.ModelAdmin(Session, admin.site),
        ApiKey: Open(ApiKey, admin.site),
    }

    assert [str(finding) for finding in admin_findings(planted)] == [
        "datasets.Session: has an admin page that is not a ScopedModelAdmin",
        "accounts.ApiKey: changes rows and says no act_verb",
        "accounts.ApiKey: has writable fields and no save_row()",
        "accounts.ApiKey: shows or searches key_sha256",
        "accounts.ApiKey: shows or searches membership__user__password",
        "accounts.ApiKey: filters by membership with choices from all rows",
        "accounts.ApiKey: filters by name with choices from all rows",
    ]


def test_guard_catches_a_model_the_admin_does_not_know() -> None:
    class Unknown:
        class _meta:  # noqa: N801
            label = "planted.Unknown"

    assert [str(f) for f in registration_findings([Unknown])] == [  # type: ignore[list-item]
        "planted.Unknown: is not in the admin"
    ]
