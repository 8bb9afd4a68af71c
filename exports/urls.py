"""Addresses of the export pages, under /t/<slug>/."""

from django.urls import path

from exports.views import exports
from exports.views.dataset_export import DatasetExportView
from exports.views.dialog import ExportDialogView
from exports.views.review_export import QueueReviewExportView, RunReviewExportView
from exports.views.run_export import RunExportView

ONE = "exports/<uuid:pk>/"

urlpatterns = [
    path("datasets/<uuid:pk>/export/", DatasetExportView.as_view(), name="dataset-export-dialog"),
    path("runs/<uuid:pk>/export/", RunExportView.as_view(), name="run-export-dialog"),
    # reviews
    path(
        "runs/<uuid:pk>/reviews/export/", RunReviewExportView.as_view(), name="run-reviews-export"
    ),
    path("queues/<uuid:pk>/export/", QueueReviewExportView.as_view(), name="queue-export"),
    # files
    path("exports/", exports.ExportsView.as_view(), name="exports"),
    path("exports/new/", ExportDialogView.as_view(), name="export-dialog"),
    path(ONE, exports.ExportView.as_view(), name="export"),
    path(ONE + "download/", exports.ExportDownloadView.as_view(), name="export-download"),
    path(ONE + "manifest/", exports.ExportManifestView.as_view(), name="export-manifest"),
    path(ONE + "again/", exports.ExportAgainView.as_view(), name="export-again"),
]
