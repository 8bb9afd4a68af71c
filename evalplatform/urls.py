"""Every address of the platform; each app lists its own."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from evalplatform import errors, health, views

TEAM = "t/<slug:slug>/"
API = "api/v1/"

urlpatterns = [
    path("", views.front, name="front"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("evalplatform.accounts.urls")),  # before allauth: it closes one of its pages
    path("accounts/", include("allauth.urls")),
    path("no-team/", views.NoTeamView.as_view(), name="no-team"),
    path("admin/", admin.site.urls),
    path(TEAM, views.HomeView.as_view(), name="home"),
    path(TEAM + "help/", views.HelpView.as_view(), name="help"),
    path(TEAM, include("evalplatform.audit.urls")),
    path(TEAM, include("evalplatform.jobs.urls")),
    path(TEAM, include("evalplatform.notifications.urls")),
    path(TEAM, include("datasets.urls")),
    path(TEAM, include("runs.urls")),
    path(TEAM, include("reviews.urls")),
    path(TEAM, include("exports.urls")),
    path(API, include("evalplatform.jobs.api_urls")),
    path(API, include("evalplatform.notifications.api.urls")),
    path(API, include("datasets.api.urls")),
    path(API, include("runs.api.urls")),
    path(API, include("reviews.api.urls")),
    path("api/", include("exports.api.urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs", views.ApiDocsView.as_view(), name="api-docs"),
    re_path(r"^api/", errors.api_not_found, name="api-not-found"),
]
