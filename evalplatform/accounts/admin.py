"""Admin pages of people, teams and keys."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from evalplatform.accounts.models import AccessLogEntry, ApiKey, Invitation, Membership, Team
from evalplatform.accounts.roles import Role, Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.admin import ScopedModelAdmin, ScopedRelatedFilter, actor_of


@admin.register(Team)
class TeamAdmin(ScopedModelAdmin):
    """The one team the actor is in; renamed here, deleted on its settings page."""

    act_verb = Verb.MANAGE_MEMBERS
    fields = ("name", "slug", "created_at")
    writable = ("name",)
    list_display = ("name", "slug", "created_at")

    def save_row(self, row: Team, values: dict[str, Any], actor: Actor) -> None:
        row.rename(values["name"], by=actor)


@admin.register(Membership)
class MembershipAdmin(ScopedModelAdmin):
    """Who is in the team, as what."""

    act_verb = Verb.MANAGE_MEMBERS
    fields = ("user", "email", "team", "role", "created_at")
    writable = ("role",)
    list_display = ("user", "email", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "team")
    search_fields = ("user__name", "user__email")
    search_help_text = "Name or e-mail address"
    actions = ("end",)

    @admin.display(description="e-mail")
    def email(self, row: Membership) -> str:
        return row.user.email

    def formfield_for_choice_field(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer only the roles that the actor may give."""
        may_make_owners = actor_of(request).may(Verb.MANAGE_OWNERS)
        kwargs["choices"] = [
            (role, label)
            for role, label in db_field.choices
            if may_make_owners or role != Role.OWNER
        ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_row(self, row: Membership, values: dict[str, Any], actor: Actor) -> None:
        row.change_role(values["role"], by=actor)

    @admin.action(description="Take out of the team", permissions=["act"])
    def end(self, request: Any, rows: Any) -> None:
        actor = actor_of(request)
        self.each(request, rows, lambda row: row.end(by=actor), "Taken out of the team")


@admin.register(Invitation)
class InvitationAdmin(ScopedModelAdmin):
    """Open and past invitations; the link itself was shown once, on the members page."""

    verb = act_verb = Verb.MANAGE_MEMBERS
    fields = (
        "email",
        "role",
        "invited_by",
        "created_at",
        "expires_at",
        "accepted_at",
        "accepted_by",
        "revoked_at",
    )
    list_display = ("email", "role", "invited_by", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("role", "expires_at")
    list_select_related = ("invited_by",)
    search_fields = ("email",)
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["act"])
    def revoke(self, request: Any, rows: Any) -> None:
        actor = actor_of(request)
        self.each(request, rows, lambda row: row.revoke(by=actor), "Invitations revoked")


@admin.register(ApiKey)
class ApiKeyAdmin(ScopedModelAdmin):
    """Keys by the eight characters that name them; never a hash."""

    act_verb = Verb.MANAGE_OWN_KEYS
    fields = (
        "name",
        "shown",
        "membership",
        "scopes",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
        "revoked_by",
    )
    list_display = ("name", "shown", "membership", "last_used_at", "expires_at", "revoked_at")
    list_filter = (("membership", ScopedRelatedFilter), "expires_at", "last_used_at")
    list_select_related = ("membership__user",)
    search_fields = ("name", "prefix")
    search_help_text = "Name or first characters after evp_"
    actions = ("revoke",)

    @admin.display(description="key")
    def shown(self, row: ApiKey) -> str:
        return f"evp_{row.prefix}…"

    @admin.action(description="Revoke", permissions=["act"])
    def revoke(self, request: Any, rows: Any) -> None:
        actor = actor_of(request)
        self.each(request, rows, lambda row: row.revoke(by=actor), "Keys revoked")


@admin.register(AccessLogEntry)
class AccessLogEntryAdmin(ScopedModelAdmin):
    """Calls of the API."""

    fields = ("at", "user", "key", "method", "endpoint", "status_code", "response_ms")
    list_display = ("at", "user", "key", "method", "endpoint", "status_code", "response_ms")
    list_filter = (("user", ScopedRelatedFilter), ("key", ScopedRelatedFilter), "at")
    list_select_related = ("user", "key")
