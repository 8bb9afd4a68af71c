"""Addresses of the inbox, under /t/<slug>/."""

from django.urls import path

from evalplatform.notifications import views

INBOX = "notifications/"
ONE = INBOX + "<uuid:pk>/"

urlpatterns = [
    path(INBOX, views.InboxView.as_view(), name="notifications"),
    path(INBOX + "panel/", views.InboxPanelView.as_view(), name="notification-panel"),
    path(INBOX + "read/", views.ReadAllView.as_view(), name="notifications-read"),
    path(ONE + "open/", views.NotificationOpenView.as_view(), name="notification-open"),
    path(ONE + "read/", views.NotificationReadView.as_view(), name="notification-read"),
]
