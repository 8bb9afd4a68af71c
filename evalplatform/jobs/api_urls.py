"""Addresses of jobs for programs."""

from django.urls import path

from evalplatform.jobs import api

urlpatterns = [path("jobs/<uuid:pk>", api.JobView.as_view(), name="api-job")]
