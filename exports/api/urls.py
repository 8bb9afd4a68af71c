"""Addresses of the export API, under /api/."""

from django.urls import path

from exports.api import direct

urlpatterns = [
    path("export", direct.DirectExportView.as_view(), name="api-export-direct"),
]
