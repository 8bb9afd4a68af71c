"""Addresses of jobs: progress that survives leaving the page, and cancelling."""

from django.urls import path

from evalplatform.jobs import views

urlpatterns = [
    path("jobs/<uuid:pk>/progress/", views.JobProgressView.as_view(), name="job-progress"),
    path("jobs/<uuid:pk>/cancel/", views.JobCancelView.as_view(), name="job-cancel"),
]
