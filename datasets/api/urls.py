"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from datasets.api import cloning, sessions

urlpatterns: list[URLPattern | URLResolver] = [
    path("datasets/<uuid:pk>/clone", cloning.CloneView.as_view(), name="api-dataset-clone"),
    path("sessions", sessions.SessionsView.as_view(), name="api-sessions"),
    path("sessions/<uuid:pk>", sessions.SessionView.as_view(), name="api-session"),
]
