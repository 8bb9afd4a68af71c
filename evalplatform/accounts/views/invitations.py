"""The only way in: a person opens the link of their invitation."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import perform_login
from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from evalplatform.accounts.actors import origin
from evalplatform.accounts.forms import NewPersonForm
from evalplatform.accounts.models import Invitation, User


@method_decorator(never_cache, name="dispatch")
class AcceptView(View):
    """Four cases: no account yet, signed out, the right person, somebody else.

    A bad, an expired, a used and a revoked token get the same answer.
    """

    http_method_names = ("get", "post")
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not ratelimit.consume(
            request, app="allauth.account", action="invitation", limit_get=True
        ):
            return too_many(request)
        invitation = Invitation.open_for(kwargs["token"])
        if invitation is None:
            return render(request, "accounts/invitation_closed.html", status=404)
        self.invitation = invitation
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        if isinstance(request.user, User):
            is_right = request.user.email == self.invitation.email
            return self.show("accept" if is_right else "wrong_person")
        if self.invitation.has_account:
            return self.show("sign_in")
        return self.show("new_person", form=NewPersonForm(email=self.invitation.email))

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        if isinstance(request.user, User):
            return self.join(request.user)
        if self.invitation.has_account:
            return redirect_to_login(request.path)
        return self.join_as_new_person(request)

    def join(self, user: User) -> HttpResponseBase:
        """Take the place as the signed-in person."""
        if user.email != self.invitation.email:
            return self.show("wrong_person", status=403)
        try:
            self.invitation.accept(user, **origin(self.request))
        except ValidationError:
            return render(self.request, "accounts/invitation_closed.html", status=404)
        messages.success(self.request, f"Welcome to {self.invitation.team}.")
        return redirect(self.invitation.team.get_absolute_url())

    def join_as_new_person(self, request: HttpRequest) -> HttpResponseBase:
        """Make the account, take the place, sign in."""
        form = NewPersonForm(request.POST, email=self.invitation.email)
        person = form.attempt(self._make, form=form)
        if person is None:
            return self.show("new_person", form=form, status=422)
        team = self.invitation.team
        answer = perform_login(request, person, redirect_url=team.get_absolute_url())
        assert isinstance(answer, HttpResponseBase)
        return answer

    def _make(self, form: NewPersonForm) -> User:
        given = form.cleaned_data
        return self.invitation.accept_as_new_person(
            given["name"], given["password"], **origin(self.request)
        )

    def show(self, case: str, *, status: int = 200, **context: Any) -> HttpResponse:
        """Show the page of one case."""
        context |= {"case": case, "invitation": self.invitation, "path": self.request.path}
        return render(self.request, "accounts/invitation.html", context, status=status)


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer 429 as allauth's own pages do."""
    answer: HttpResponse = ratelimit.respond_429(request)
    return answer
