"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from reviews.api import (
    adjudication,
    agreement,
    analysis,
    behaviour,
    labels,
    lifecycle,
    queue_adding,
    queue_items,
    queues,
    reviewing,
    rubrics,
    saving,
    second_look,
    webhooks,
)

RUBRIC = "rubrics/<uuid:pk>"
QUEUE = "queues/<uuid:pk>"
GIVEN = f"{QUEUE}/items/<uuid:key>"
RUN = "runs/<uuid:pk>"
WEBHOOK = "webhooks/<uuid:pk>"

# Labels of sessions, and of how responses behave.
labelling: list[URLPattern | URLResolver] = [
    path("sessions/label", labels.BulkLabelView.as_view(), name="api-labels"),
    path("sessions/<uuid:pk>/label", labels.LabelView.as_view(), name="api-session-label"),
    path(f"{RUN}/items/<uuid:item>/label", behaviour.LabelView.as_view(), name="api-own-label"),
    path(f"{RUN}/labels", behaviour.LabelsView.as_view(), name="api-run-labels"),
    path(
        f"{RUN}/labels/distribution",
        behaviour.DistributionView.as_view(),
        name="api-label-distribution",
    ),
]

# What is reviewed by whom.
setting_up: list[URLPattern | URLResolver] = [
    path("rubrics", rubrics.RubricsView.as_view(), name="api-rubrics"),
    path(RUBRIC, rubrics.RubricView.as_view(), name="api-rubric"),
    path(f"{RUBRIC}/versions", rubrics.RubricVersionsView.as_view(), name="api-rubric-versions"),
    path(
        f"{RUBRIC}/versions/<int:number>",
        rubrics.RubricVersionView.as_view(),
        name="api-rubric-version",
    ),
    path("queues", queues.QueuesView.as_view(), name="api-queues"),
    path(QUEUE, queues.QueueView.as_view(), name="api-queue"),
    path(f"{QUEUE}/status", queues.QueueStatusView.as_view(), name="api-queue-status"),
    path(f"{QUEUE}/reviewers", queues.QueueReviewersView.as_view(), name="api-queue-reviewers"),
    path(f"{QUEUE}/sessions", queue_adding.QueueSessionsView.as_view(), name="api-queue-sessions"),
    path(f"{QUEUE}/rows", queue_adding.QueueRowsView.as_view(), name="api-queue-rows"),
    path(f"{QUEUE}/items", queue_items.QueueItemsView.as_view(), name="api-queue-items"),
]

# Reviewing.
working: list[URLPattern | URLResolver] = [
    path(f"{QUEUE}/claim", reviewing.ClaimView.as_view(), name="api-claim"),
    path(GIVEN, reviewing.GivenView.as_view(), name="api-given"),
    path(f"{GIVEN}/open", reviewing.OpenView.as_view(), name="api-given-open"),
    path(f"{GIVEN}/heartbeat", reviewing.HeartbeatView.as_view(), name="api-heartbeat"),
    path(f"{GIVEN}/skip", reviewing.SkipView.as_view(), name="api-skip"),
    path(f"{GIVEN}/decline", reviewing.DeclineView.as_view(), name="api-decline"),
    path(f"{GIVEN}/draft", saving.DraftView.as_view(), name="api-draft"),
    path(f"{GIVEN}/save", saving.SaveView.as_view(), name="api-save"),
    path(f"{GIVEN}/messages", reviewing.MessagesView.as_view(), name="api-given-messages"),
    path(f"{GIVEN}/texts/<slug:name>", reviewing.TextView.as_view(), name="api-given-text"),
    path(f"{GIVEN}/files/<uuid:file>", reviewing.FileView.as_view(), name="api-given-file"),
    path("reviews", saving.ReviewsView.as_view(), name="api-reviews"),
    path("reviews/<uuid:pk>", saving.ReviewView.as_view(), name="api-review"),
]

# How far reviewers agree.
agreeing: list[URLPattern | URLResolver] = [
    path(f"{QUEUE}/agreement", agreement.AgreementView.as_view(), name="api-agreement"),
    path(f"{QUEUE}/agreement.csv", agreement.AgreementCsvView.as_view(), name="api-agreement-csv"),
    path(
        f"{QUEUE}/agreement/items",
        agreement.AgreementItemsView.as_view(),
        name="api-agreement-items",
    ),
]

# Who is told.
telling: list[URLPattern | URLResolver] = [
    path("webhooks", webhooks.WebhooksView.as_view(), name="api-webhooks"),
    path(WEBHOOK, webhooks.WebhookView.as_view(), name="api-webhook"),
    path(f"{WEBHOOK}/test", webhooks.WebhookTestView.as_view(), name="api-webhook-test"),
    path(f"{WEBHOOK}/deliveries", webhooks.DeliveriesView.as_view(), name="api-deliveries"),
    path(
        f"{WEBHOOK}/deliveries/<uuid:delivery>/again",
        webhooks.AgainView.as_view(),
        name="api-delivery-again",
    ),
]

# How a review is finished.
finishing: list[URLPattern | URLResolver] = [
    path(f"{QUEUE}/lifecycle", lifecycle.LifecycleView.as_view(), name="api-lifecycle"),
    path(f"{QUEUE}/finalise", lifecycle.FinaliseView.as_view(), name="api-finalise"),
    path(f"{QUEUE}/reopen", lifecycle.ReopenView.as_view(), name="api-reopen"),
    path(f"{QUEUE}/seals", lifecycle.SealsView.as_view(), name="api-seals"),
    path(f"{QUEUE}/seals/check", lifecycle.CheckView.as_view(), name="api-seal-check"),
]

# Settling what reviewers disagree on.
settling: list[URLPattern | URLResolver] = [
    path(f"{QUEUE}/waiting", adjudication.WaitingView.as_view(), name="api-waiting"),
    path(
        f"{GIVEN}/adjudications",
        adjudication.AdjudicationsView.as_view(),
        name="api-adjudications",
    ),
    path(f"{QUEUE}/second-look", second_look.SecondLookView.as_view(), name="api-second-look"),
    path(f"{GIVEN}/send", second_look.SendView.as_view(), name="api-send"),
    path(f"{QUEUE}/contests", adjudication.ContestsView.as_view(), name="api-contests"),
    path("adjudications/<uuid:pk>/contest", adjudication.ContestView.as_view(), name="api-contest"),
    path(
        "contests/<uuid:pk>/answer",
        adjudication.ContestAnswerView.as_view(),
        name="api-contest-answer",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *labelling,
    *setting_up,
    *working,
    *agreeing,
    *telling,
    *finishing,
    *settling,
]

# The whole, for owners and admins; and one run.
urlpatterns += [
    path("analysis/quality", analysis.QualityView.as_view(), name="api-quality"),
    path("analysis/team", analysis.TeamView.as_view(), name="api-team-review"),
    path("analysis/behavior", analysis.ObservatoryView.as_view(), name="api-behavior"),
    path("analysis/registry", analysis.RegistryView.as_view(), name="api-registry"),
    path("analysis/readiness", analysis.ReadinessView.as_view(), name="api-readiness"),
    path(f"{RUN}/analysis", analysis.RunAnalysisView.as_view(), name="api-run-analysis"),
]
