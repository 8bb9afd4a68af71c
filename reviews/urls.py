"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from reviews.views import evals, labels, session

urlpatterns: list[URLPattern | URLResolver] = [
    path("sessions/<uuid:pk>/", session.SessionPage.as_view(), name="session"),
    path("sessions/<uuid:pk>/messages/", session.MessagesView.as_view(), name="session-messages"),
    path("sessions/<uuid:pk>/label/", labels.LabelPanelView.as_view(), name="session-label"),
    path(
        "sessions/<uuid:pk>/expected-output/",
        labels.ExpectedOutputView.as_view(),
        name="session-expected-output",
    ),
    path("sessions/<uuid:pk>/history/", labels.LabelHistoryView.as_view(), name="session-history"),
    path("labels/", labels.LabelManyView.as_view(), name="label-many"),
    path("labels/jobs/", labels.LabelJobsView.as_view(), name="label-jobs"),
    path("labels/undo/", labels.LabelUndoView.as_view(), name="label-undo"),
    path("evals/", evals.EvalsView.as_view(), name="evals"),
    path("evals/rows/", evals.EvalRowsView.as_view(), name="eval-rows"),
    path("evals/stats/", evals.EvalStatsView.as_view(), name="eval-stats"),
]
