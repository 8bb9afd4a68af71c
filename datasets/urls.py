"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from datasets.views import imports, sessions

IMPORT = "sessions/imports/<uuid:pk>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("sessions/upload/", imports.UploadView.as_view(), name="session-upload"),
    path("sessions/imports/", imports.ImportsView.as_view(), name="session-imports"),
    path(IMPORT, imports.ImportView.as_view(), name="session-import"),
    path(IMPORT + "commit/", imports.ImportCommitView.as_view(), name="session-import-commit"),
    path(IMPORT + "check/", imports.ImportCheckView.as_view(), name="session-import-check"),
    path(IMPORT + "discard/", imports.ImportDiscardView.as_view(), name="session-import-discard"),
    path("sessions/", sessions.SessionListView.as_view(), name="sessions"),
    path("sessions/choices/", sessions.SessionChoicesView.as_view(), name="session-choices"),
]
