"""Addresses of the inbox, under /t/<slug>/."""

from django.urls import path

from evalplatform.notifications import views

urlpatterns = [
    path(
        "notifications/<uuid:pk>/open/",
        views.NotificationOpenView.as_view(),
        name="notification-open",
    ),
]
