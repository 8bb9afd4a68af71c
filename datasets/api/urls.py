"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from datasets.api import sessions

urlpatterns: list[URLPattern | URLResolver] = [
    path("sessions", sessions.SessionsView.as_view(), name="api-sessions"),
    path("sessions/<uuid:pk>", sessions.SessionView.as_view(), name="api-session"),
]
