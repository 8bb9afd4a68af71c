"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from runs.views import run, run_acts, run_item, runs

RUN = "runs/<uuid:pk>/"
RUN_ITEM = RUN + "items/<uuid:item>/"

# Runs to be read: the list, one run, its rows.
reading: list[URLPattern | URLResolver] = [
    path("runs/", runs.RunListView.as_view(), name="runs"),
    path(RUN, run.RunView.as_view(), name="run"),
    path(RUN + "act/", run_acts.RunActView.as_view(), name="run-act"),
    path(RUN_ITEM, run_item.RunItemView.as_view(), name="run-item"),
]

urlpatterns: list[URLPattern | URLResolver] = [*reading]
