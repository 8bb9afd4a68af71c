"""Guard: every model of ours has its own visibility rule and opens through the front door only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import models
from django.test.utils import isolate_apps

from evalplatform.accounts.models import Team
from evalplatform.scoping.managers import FrontDoor, UnscopedQueryError
from evalplatform.scoping.models import ScopedModel
from tests.guards.product import Finding, hold, our_models, unexcused

EXEMPT = {
    "accounts.User": "sign-in asks for it before anybody is known; pages reach people through "
    "Membership",
}
REVERSE_ACCESSORS = {
    "accounts.Membership.user": "User.is_staff and allauth's pages ask for one's own memberships",
    "accounts.Membership.team": "members of a team that the actor is in",
    "accounts.Invitation.team": "invitations of a team that the actor is in",
    "accounts.ApiKey.membership": "keys of a membership that the actor may see",
    "accounts.AccessLogEntry.key": "calls of a key that the actor may see",
    "datasets.Message.session": "whoever sees a session sees its messages",
    "reviews.EvalLabel.session": "whoever sees a session sees its label",
}


def model_findings(walked: Iterable[type[models.Model]]) -> Iterator[Finding]:
    """Yield what is unscoped about the models."""
    for model in walked:
        place = model._meta.label
        if not issubclass(model, ScopedModel):
            yield Finding(place, "is not a ScopedModel")
            continue
        if "visibility" not in vars(model):
            yield Finding(place, "defines no visibility(actor) of its own")
        for name in ("_default_manager", "_base_manager"):
            if getattr(model, name).name not in {"all_rows", ""} or _is_front_door(model, name):
                yield Finding(place, f"{name} is not the plain all_rows")
        if not refuses(model):
            yield Finding(place, "objects answers without knowing who asks")


def _is_front_door(model: type[models.Model], name: str) -> bool:
    return isinstance(getattr(model, name), FrontDoor)


def refuses(model: type[models.Model]) -> bool:
    """Say whether `objects` is a front door that refuses a plain question."""
    door = getattr(model, "objects", None)
    if not isinstance(door, FrontDoor):
        return False
    try:
        door.all()
    except UnscopedQueryError:
        return True
    return False


def reverse_findings(walked: Iterable[type[models.Model]]) -> Iterator[Finding]:
    """Yield relations whose other side has an accessor: it asks all_rows and no rule."""
    for model in walked:
        for field in model._meta.get_fields():
            forward = field.is_relation and field.concrete and not field.auto_created
            if forward and not field.remote_field.hidden:  # type: ignore[union-attr]
                yield Finding(f"{model._meta.label}.{field.name}", "has a reverse accessor")


def test_every_model_is_scoped() -> None:
    hold(model_findings(our_models()), EXEMPT)


def test_reverse_accessors_are_known_with_a_reason() -> None:
    hold(reverse_findings(our_models()), REVERSE_ACCESSORS)


@isolate_apps("datasets")
def test_guard_catches_a_plain_model() -> None:
    class Note(models.Model):  # noqa: DJ008
        class Meta:
            app_label = "datasets"

    assert [str(f) for f in model_findings([Note])] == ["datasets.Note: is not a ScopedModel"]


@isolate_apps("datasets")
def test_guard_catches_an_inherited_visibility_and_an_open_door() -> None:
    class Note(ScopedModel):
        objects = models.Manager()  # type: ignore[assignment]

        class Meta(ScopedModel.Meta):
            app_label = "datasets"

    assert [finding.message for finding in model_findings([Note])] == [
        "defines no visibility(actor) of its own",
        "objects answers without knowing who asks",
    ]


@isolate_apps("datasets")
def test_guard_catches_a_default_manager_that_refuses_djangos_own_machinery() -> None:
    class Note(ScopedModel):
        class Meta:
            app_label = "datasets"
            default_manager_name = "objects"

        visibility = classmethod(lambda cls, actor: models.Q())  # type: ignore[assignment]

    assert [f.message for f in model_findings([Note])] == [
        "_default_manager is not the plain all_rows"
    ]


@isolate_apps("datasets")
def test_guard_catches_a_reverse_accessor() -> None:
    class Note(ScopedModel):
        team = models.ForeignKey(Team, on_delete=models.CASCADE)

        class Meta(ScopedModel.Meta):
            app_label = "datasets"

    assert [f.place for f in reverse_findings([Note])] == ["datasets.Note.team"]


def test_stale_exemption_fails() -> None:
    assert unexcused([], {"accounts.Ghost": "was one"}) == [
        "accounts.Ghost: stale exemption, remove it"
    ]
