"""Every address of the platform; each app lists its own."""

from django.urls import include, path, re_path

from evalplatform import errors, views

urlpatterns = [
    path("", views.front, name="front"),
    path("healthz", views.healthz, name="healthz"),
    path("accounts/", include("allauth.urls")),
    path("no-team/", views.NoTeamView.as_view(), name="no-team"),
    path("t/<slug:slug>/", views.HomeView.as_view(), name="home"),
    path("t/<slug:slug>/help/", views.HelpView.as_view(), name="help"),
    re_path(r"^api/", errors.api_not_found, name="api-not-found"),
]
