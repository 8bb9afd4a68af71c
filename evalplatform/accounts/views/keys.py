"""Keys: one's own, and for those who manage members the team's."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from evalplatform.accounts.forms import KeyForm
from evalplatform.accounts.models import ApiKey
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.views import ScopedPage


@method_decorator(never_cache, name="dispatch")
class KeysView(ScopedPage):
    """The keys that live; POST makes one and shows its text this once."""

    model = ApiKey
    verb = Verb.MANAGE_OWN_KEYS
    template_name = "accounts/keys.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        living = self.rows().filter(revoked_at=None, membership__ended_at=None)
        living = living.select_related("membership__user").order_by("-created_at", "pk")
        mine = living.filter(membership=self.actor.membership)
        others = living.exclude(membership=self.actor.membership)
        return {
            "form": KeyForm(),
            "own_keys": mine,
            "team_keys": others if self.actor.may(Verb.MANAGE_MEMBERS) else None,
            "may_revoke_owners": self.actor.may(Verb.MANAGE_OWNERS),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = KeyForm(request.POST)
        shown: dict[str, Any] = {"form": form}
        if issued := form.attempt(self._issue, form=form):
            key, text = issued
            shown = {"issued": key, "key_text": text}
        page = self.get_context_data(**self.context(**kwargs) | shown)
        return self.render_to_response(page, status=422 if form.errors else 200)

    def _issue(self, form: KeyForm) -> tuple[ApiKey, str]:
        given = form.cleaned_data
        return ApiKey.issue(given["name"], by=self.actor, scopes=given["scopes"], days=form.days())


class KeyRevokeView(ScopedPage):
    """Asks once more; POST stops the key at once."""

    model = ApiKey
    verb = Verb.MANAGE_OWN_KEYS
    template_name = "accounts/key_revoke.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        key = self.get_row(pk=kwargs["pk"])
        require_editable(key, self.actor)
        return {"key": key, "is_own": key.membership_id == self.actor.membership.pk}

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        key = self.get_row(pk=pk)
        key.revoke(by=self.actor)
        messages.success(request, f"The key {key.name} is revoked.")
        return redirect("keys", self.actor.team.slug)
