"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from datasets.api import attachments, checks, cloning, datasets, imports, items, sessions, versions

DATASET = "datasets/<uuid:pk>"
VERSION = f"{DATASET}/versions/<int:number>"
IMPORT = "imports/<uuid:pk>"
ITEM = f"{DATASET}/items/<uuid:key>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{DATASET}/clone", cloning.CloneView.as_view(), name="api-dataset-clone"),
    path("sessions", sessions.SessionsView.as_view(), name="api-sessions"),
    path("sessions/<uuid:pk>", sessions.SessionView.as_view(), name="api-session"),
    path("datasets", datasets.DatasetsView.as_view(), name="api-datasets"),
    path(DATASET, datasets.DatasetView.as_view(), name="api-dataset"),
    path(f"{DATASET}/items", items.ItemsView.as_view(), name="api-items"),
    path(ITEM, items.ItemView.as_view(), name="api-item"),
    path(f"{ITEM}/checks", checks.ItemChecksView.as_view(), name="api-item-checks"),
    path(f"{DATASET}/checks", checks.GlobalChecksView.as_view(), name="api-global-checks"),
    path(f"{DATASET}/versions", versions.VersionsView.as_view(), name="api-versions"),
    path(VERSION, versions.VersionView.as_view(), name="api-version"),
    path(f"{VERSION}/diff", versions.VersionDiffView.as_view(), name="api-version-diff"),
    path(f"{VERSION}/restore", versions.VersionRestoreView.as_view(), name="api-version-restore"),
    path(f"{DATASET}/attachments", attachments.AttachmentsView.as_view(), name="api-attachments"),
    path(
        f"{DATASET}/attachments/<uuid:file>",
        attachments.AttachmentView.as_view(),
        name="api-attachment",
    ),
    path("imports", imports.ImportsView.as_view(), name="api-imports"),
    path(IMPORT, imports.ImportView.as_view(), name="api-import"),
    path(f"{IMPORT}/commit", imports.ImportCommitView.as_view(), name="api-import-commit"),
    path(f"{IMPORT}/options", imports.ImportOptionsView.as_view(), name="api-import-options"),
    path(f"{IMPORT}/discard", imports.ImportDiscardView.as_view(), name="api-import-discard"),
    path(f"{IMPORT}/undo", imports.ImportUndoView.as_view(), name="api-import-undo"),
]
