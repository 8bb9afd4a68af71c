"""Addresses of the inbox in the API."""

from django.urls import path

from evalplatform.notifications.api import inbox

urlpatterns = [
    path("notifications", inbox.InboxView.as_view(), name="api-notifications"),
    path("notifications/read", inbox.ReadAllView.as_view(), name="api-notifications-read"),
    path("notifications/<uuid:pk>/read", inbox.ReadView.as_view(), name="api-notification-read"),
]
