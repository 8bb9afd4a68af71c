"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from reviews.api import labels

urlpatterns: list[URLPattern | URLResolver] = [
    path("sessions/label", labels.BulkLabelView.as_view(), name="api-labels"),
    path("sessions/<uuid:pk>/label", labels.LabelView.as_view(), name="api-session-label"),
]
