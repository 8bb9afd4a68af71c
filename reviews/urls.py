"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from reviews.views import (
    adjudication,
    agreement,
    analysis,
    behavioral,
    differences,
    evals,
    finalise,
    labels,
    queue_adding,
    queue_datasets,
    queue_forms,
    queue_people,
    queues,
    review,
    review_history,
    rubric_edit,
    rubrics,
    run_analysis,
    run_review,
    second_look,
    session,
    webhooks,
    workload,
)

ITEM = "queues/<uuid:pk>/review/<uuid:key>/"
LABELS = "runs/<uuid:pk>/labels/"
LABEL = f"{LABELS}<uuid:item>/"
RUBRIC = "queues/rubrics/<uuid:pk>/"

# Who is told of what happens in queues.
webhook_urls: list[URLPattern | URLResolver] = [
    path("webhooks/", webhooks.WebhooksView.as_view(), name="webhooks"),
    path("webhooks/new/", webhooks.WebhookCreateView.as_view(), name="webhook-create"),
    path("webhooks/<uuid:pk>/", webhooks.WebhookPage.as_view(), name="webhook"),
    path("webhooks/<uuid:pk>/test/", webhooks.WebhookTestView.as_view(), name="webhook-test"),
    path("webhooks/<uuid:pk>/delete/", webhooks.WebhookDeleteView.as_view(), name="webhook-delete"),
    path(
        "webhooks/<uuid:pk>/again/<uuid:delivery>/",
        webhooks.DeliveryAgainView.as_view(),
        name="delivery-again",
    ),
]

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
    path("queues/", queues.QueuesView.as_view(), name="queues"),
    path("queues/<uuid:pk>/", queues.QueueView.as_view(), name="queue"),
    path("queues/<uuid:pk>/status/", queues.QueueActView.as_view(), name="queue-act"),
    path("queues/<uuid:pk>/review/", review.ReviewPage.as_view(), name="review"),
    path(ITEM, review.ReviewItemPage.as_view(), name="review-item"),
    path(f"{ITEM}material/", review.MaterialView.as_view(), name="review-material"),
    path(f"{ITEM}files/<uuid:file>/", review.FileView.as_view(), name="review-file"),
    path(f"{ITEM}draft/", review.DraftView.as_view(), name="review-draft"),
    path(f"{ITEM}save/", review.SaveView.as_view(), name="review-save"),
    path(f"{ITEM}skip/", review.SkipView.as_view(), name="review-skip"),
    path(f"{ITEM}decline/", review.DeclineView.as_view(), name="review-decline"),
    path(f"{ITEM}renew/", review.RenewView.as_view(), name="review-renew"),
    # what was said, save by save
    path(f"{ITEM}history/", review_history.ReviewHistoryView.as_view(), name="review-history"),
    path("queues/<uuid:pk>/workload/", workload.WorkloadView.as_view(), name="queue-workload"),
    # behavioral labels of a run
    path(LABELS, behavioral.LabelsPage.as_view(), name="behavioral"),
    path(f"{LABELS}charts/", behavioral.LabelChartsView.as_view(), name="behavioral-charts"),
    path(LABEL, behavioral.LabelItemPage.as_view(), name="behavioral-item"),
    path(f"{LABEL}material/", behavioral.LabelMaterialView.as_view(), name="behavioral-material"),
    path(f"{LABEL}files/<uuid:file>/", behavioral.LabelFileView.as_view(), name="behavioral-file"),
    path(f"{LABEL}draft/", behavioral.LabelDraftView.as_view(), name="behavioral-draft"),
    path(f"{LABEL}save/", behavioral.LabelSaveView.as_view(), name="behavioral-save"),
]

# Setting queues up
urlpatterns += [
    path("queues/new/", queue_forms.QueueCreateView.as_view(), name="queue-create"),
    path("queues/preview/", queue_forms.QueuePreviewView.as_view(), name="queue-preview"),
    path("queues/choose/", queue_adding.QueueChooseView.as_view(), name="queue-choose"),
    path("queues/<uuid:pk>/edit/", queue_forms.QueueEditView.as_view(), name="queue-edit"),
    path("queues/<uuid:pk>/add/", queue_adding.QueueAddView.as_view(), name="queue-add"),
    path("queues/<uuid:pk>/assign/", queue_people.QueueAssignView.as_view(), name="queue-assign"),
    path("runs/<uuid:pk>/review/", run_review.RunReviewView.as_view(), name="run-review"),
    path(
        "datasets/<uuid:pk>/send-to-queue/",
        queue_datasets.DatasetToQueueView.as_view(),
        name="dataset-to-queue",
    ),
    path(
        "datasets/<uuid:pk>/from-queue/",
        queue_datasets.DatasetFromQueueView.as_view(),
        name="dataset-from-queue",
    ),
    *webhook_urls,
]

# How far reviewers agree
AGREEMENT = "queues/<uuid:pk>/agreement/"
urlpatterns += [
    path(AGREEMENT, agreement.AgreementView.as_view(), name="queue-agreement"),
    path(
        f"{AGREEMENT}items/", agreement.AgreementItemsView.as_view(), name="queue-agreement-items"
    ),
    path("runs/<uuid:pk>/agreement/", agreement.RunAgreementView.as_view(), name="run-agreement"),
]

# Rubrics
urlpatterns += [
    path("queues/rubrics/", rubrics.RubricsView.as_view(), name="rubrics"),
    path("queues/rubrics/new/", rubric_edit.RubricCreateView.as_view(), name="rubric-create"),
    path("queues/rubrics/preview/", rubric_edit.RubricPreviewView.as_view(), name="rubric-preview"),
    path(RUBRIC, rubrics.RubricView.as_view(), name="rubric"),
    path(f"{RUBRIC}edit/", rubric_edit.RubricEditView.as_view(), name="rubric-edit"),
    path(f"{RUBRIC}delete/", rubrics.RubricDeleteView.as_view(), name="rubric-delete"),
    path(f"{RUBRIC}restore/", rubrics.RubricRestoreView.as_view(), name="rubric-restore"),
]

# Finishing a review
urlpatterns += [
    path("queues/<uuid:pk>/finalise/", finalise.FinaliseView.as_view(), name="queue-finalise"),
    path("queues/<uuid:pk>/reopen/", finalise.ReopenView.as_view(), name="queue-reopen"),
    path(
        "runs/<uuid:pk>/review/state/",
        finalise.RunReviewStateView.as_view(),
        name="run-review-state",
    ),
]

# Analysis
urlpatterns += [
    path("analysis/", analysis.QualityView.as_view(), name="analysis"),
    path("analysis/team/", analysis.TeamView.as_view(), name="analysis-team"),
    path("analysis/labels/", analysis.ObservatoryView.as_view(), name="analysis-labels"),
    path("analysis/registry/", analysis.RegistryView.as_view(), name="analysis-registry"),
    path("home/quality/", analysis.HomeQualityView.as_view(), name="home-quality"),
    path("runs/<uuid:pk>/analysis/", run_analysis.RunAnalysisView.as_view(), name="run-analysis"),
]

# Settling what reviewers disagree on
SETTLE = "queues/<uuid:pk>/adjudicate/"
SETTLED = f"{SETTLE}<uuid:key>/"
urlpatterns += [
    path(SETTLE, adjudication.AdjudicateView.as_view(), name="queue-adjudicate"),
    path(f"{SETTLE}next/", adjudication.AdjudicateNextPage.as_view(), name="adjudicate-next"),
    path(SETTLED, adjudication.AdjudicateItemPage.as_view(), name="adjudicate-item"),
    path(f"{SETTLED}send/", second_look.SendView.as_view(), name="adjudicate-send"),
    path(f"{SETTLED}save/", adjudication.AdjudicateSaveView.as_view(), name="adjudicate-save"),
    path(
        f"{SETTLED}material/",
        adjudication.AdjudicateMaterialView.as_view(),
        name="adjudicate-material",
    ),
    path(
        f"{SETTLED}files/<uuid:file>/",
        adjudication.AdjudicateFileView.as_view(),
        name="adjudicate-file",
    ),
    path(
        "queues/<uuid:pk>/contests/<uuid:contest>/",
        adjudication.ContestAnswerView.as_view(),
        name="contest-answer",
    ),
    path(
        "queues/<uuid:pk>/differences/",
        differences.DifferencesView.as_view(),
        name="queue-differences",
    ),
    path(
        "queues/<uuid:pk>/differences/<uuid:adjudication>/",
        differences.ContestView.as_view(),
        name="contest",
    ),
]
