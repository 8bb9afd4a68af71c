"""Addresses of the audit log."""

from django.urls import path

from evalplatform.audit import views

urlpatterns = [
    path("audit/", views.AuditView.as_view(), name="audit"),
    path("audit/export/", views.AuditExportView.as_view(), name="audit-export"),
]
