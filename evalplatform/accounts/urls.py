"""Addresses of this app: a team's people, one's own keys and profile, and the way in."""

from django.urls import path

from evalplatform.accounts.views import invitations, keys, members, profile, teams

TEAM = "t/<slug:slug>/"

urlpatterns = [
    path(TEAM + "members/", members.MembersView.as_view(), name="members"),
    path(TEAM + "members/<uuid:pk>/", members.MemberView.as_view(), name="member"),
    path(
        TEAM + "members/<uuid:pk>/remove/", members.MemberRemoveView.as_view(), name="member-remove"
    ),
    path(
        TEAM + "invitations/<uuid:pk>/revoke/",
        members.InvitationRevokeView.as_view(),
        name="invitation-revoke",
    ),
    path(TEAM + "keys/", keys.KeysView.as_view(), name="keys"),
    path(TEAM + "keys/<uuid:pk>/revoke/", keys.KeyRevokeView.as_view(), name="key-revoke"),
    path(TEAM + "profile/", profile.ProfileView.as_view(), name="profile"),
    path(TEAM + "settings/", teams.TeamSettingsView.as_view(), name="team-settings"),
    path(TEAM + "settings/delete/", teams.TeamDeleteView.as_view(), name="team-delete"),
    path("invitations/<str:token>/", invitations.AcceptView.as_view(), name="invitation-accept"),
    path("accounts/email/", profile.own_profile, name="own-profile"),
]
