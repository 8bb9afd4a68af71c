"""The people of a team: who they are, what they may do, and whom to invite."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from evalplatform.accounts.forms import InvitationForm, RoleForm
from evalplatform.accounts.inviting import send_invitation
from evalplatform.accounts.models import ApiKey, Invitation, Membership
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.views import ScopedPage


@method_decorator(never_cache, name="dispatch")
class MembersView(ScopedPage):
    """The members and the open invitations; POST invites, and shows the link this once."""

    model = Membership
    verb = Verb.MANAGE_MEMBERS
    template_name = "accounts/members.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        pending = Invitation.objects.visible_to(self.actor)
        return {
            "form": InvitationForm(actor=self.actor, initial={"role": "evaluator"}),
            "members": self.rows().select_related("user").order_by("created_at", "pk"),
            "invitations": pending.filter(accepted_at=None, revoked_at=None)
            .select_related("invited_by")
            .order_by("-created_at"),
            "now": timezone.now(),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = InvitationForm(request.POST, actor=self.actor)
        shown: dict[str, Any] = {"form": form}
        if issued := form.attempt(self._issue, form=form):
            invitation, token = issued
            link = request.build_absolute_uri(reverse("invitation-accept", args=[token]))
            is_sent = send_invitation(invitation, link)
            shown = {"issued": invitation, "link": link, "is_sent": is_sent}
        page = self.get_context_data(**self.context(**kwargs) | shown)
        return self.render_to_response(page, status=422 if form.errors else 200)

    def _issue(self, form: InvitationForm) -> tuple[Invitation, str]:
        given = form.cleaned_data
        return Invitation.issue(given["email"], given["role"], by=self.actor)


class MemberView(ScopedPage):
    """One member: their role, and their removal. POST gives another role."""

    model = Membership
    verb = Verb.MANAGE_MEMBERS
    template_name = "accounts/member.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        member = self.get_row(pk=kwargs["pk"])
        keys = ApiKey.objects.visible_to(self.actor).filter(membership=member, revoked_at=None)
        editable = Membership.objects.editable_by(self.actor).filter(pk=member.pk)
        return {
            "member": member,
            "form": RoleForm(actor=self.actor, initial={"role": member.role}),
            "may_change": editable.exists(),
            "n_keys": keys.count(),
        }

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        member = self.get_row(pk=pk)
        require_editable(member, self.actor)
        form = RoleForm(request.POST, actor=self.actor)
        form.attempt(lambda: member.change_role(form.cleaned_data["role"], by=self.actor))
        if form.errors:
            page = self.get_context_data(**self.context(pk=pk) | {"form": form})
            return self.render_to_response(page, status=422)
        messages.success(request, f"{member.user} is now {member.role}.")
        return redirect(self.after_change(member))

    def after_change(self, member: Membership) -> str:
        """Return the members page, or home for who gave their own right to it away."""
        is_self = member.pk == self.actor.membership.pk
        keeps = Verb.MANAGE_MEMBERS in member.act(via="page").verbs
        return reverse("home" if is_self and not keeps else "members", args=[self.actor.team.slug])


class MemberRemoveView(ScopedPage):
    """Asks once more; POST takes the person out of the team."""

    model = Membership
    verb = Verb.MANAGE_MEMBERS
    template_name = "accounts/member_remove.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        member = self.get_row(pk=kwargs["pk"])
        require_editable(member, self.actor)
        return {"member": member, "is_self": member.pk == self.actor.membership.pk}

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        member = self.get_row(pk=pk)
        require_editable(member, self.actor)
        try:
            member.end(by=self.actor)
        except ValidationError as error:
            page = self.get_context_data(**self.context(pk=pk), problem=error.messages[0])
            return self.render_to_response(page, status=422)
        messages.success(request, f"{member.user} is no longer in the team.")
        is_self = member.pk == self.actor.membership.pk
        return redirect("front") if is_self else redirect("members", self.actor.team.slug)


class InvitationRevokeView(ScopedPage):
    """POST: make an invitation's link useless."""

    model = Invitation
    verb = Verb.MANAGE_MEMBERS
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        invitation = self.get_row(pk=pk)
        require_editable(invitation, self.actor)
        try:
            invitation.revoke(by=self.actor)
            messages.success(request, f"The invitation of {invitation.email} is revoked.")
        except ValidationError as error:
            messages.error(request, error.messages[0])
        return redirect("members", self.actor.team.slug)
