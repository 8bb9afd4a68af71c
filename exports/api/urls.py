"""Addresses of the export API, under /api/."""

from django.urls import path

from exports.api import direct, exports

urlpatterns = [
    path("export", direct.DirectExportView.as_view(), name="api-export-direct"),
    path(
        "v1/exports",
        exports.ExportViewSet.as_view({"get": "list", "post": "create"}),
        name="api-exports",
    ),
    path(
        "v1/exports/<uuid:pk>",
        exports.ExportViewSet.as_view({"get": "retrieve"}),
        name="api-export",
    ),
    path(
        "v1/exports/<uuid:pk>/download",
        exports.ExportDownloadView.as_view(),
        name="api-export-download",
    ),
    path(
        "v1/exports/<uuid:pk>/manifest",
        exports.ExportManifestView.as_view(),
        name="api-export-manifest",
    ),
]
