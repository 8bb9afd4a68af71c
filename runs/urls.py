"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from runs.views import (
    batches,
    comparing,
    configs,
    dataset_runs,
    endpoints,
    evaluators,
    launchers,
    outputs,
    overriding,
    readiness,
    run,
    run_acts,
    run_item,
    runs,
    templates,
)

RUN = "runs/<uuid:pk>/"
RUN_ITEM = RUN + "items/<uuid:item>/"
ENDPOINT = "endpoints/<uuid:pk>/"

# Runs to be read: the list, one run, its rows.
reading: list[URLPattern | URLResolver] = [
    path("runs/", runs.RunListView.as_view(), name="runs"),
    path(RUN, run.RunView.as_view(), name="run"),
    path(RUN + "act/", run_acts.RunActView.as_view(), name="run-act"),
    path(RUN + "progress/", run.RunProgressView.as_view(), name="run-progress"),
    path(RUN + "items/", run.RunItemsView.as_view(), name="run-items"),
    path(RUN + "compare/", comparing.CompareView.as_view(), name="run-compare"),
    path(RUN_ITEM, run_item.RunItemView.as_view(), name="run-item"),
    path(
        RUN_ITEM + "checks/<int:result>/override/",
        overriding.OverrideView.as_view(),
        name="run-override",
    ),
]

EVALUATOR = "runs/evaluators/<uuid:pk>/"
CONFIG = "runs/configs/<uuid:pk>/"
TEMPLATE = "runs/templates/<uuid:pk>/"

# What runs are made with.
tools: list[URLPattern | URLResolver] = [
    path("runs/evaluators/", evaluators.EvaluatorListView.as_view(), name="evaluators"),
    path("runs/evaluators/new/", evaluators.EvaluatorCreateView.as_view(), name="evaluator-create"),
    path(
        "runs/evaluators/preview/",
        evaluators.EvaluatorPreviewView.as_view(),
        name="evaluator-preview",
    ),
    path(EVALUATOR, evaluators.EvaluatorEditView.as_view(), name="evaluator-edit"),
    path(EVALUATOR + "delete/", evaluators.EvaluatorDeleteView.as_view(), name="evaluator-delete"),
    path(
        EVALUATOR + "restore/", evaluators.EvaluatorRestoreView.as_view(), name="evaluator-restore"
    ),
    path("runs/configs/", configs.ConfigListView.as_view(), name="configs"),
    path("runs/configs/new/", configs.ConfigCreateView.as_view(), name="config-create"),
    path(CONFIG, configs.ConfigView.as_view(), name="config"),
    path(CONFIG + "edit/", configs.ConfigEditView.as_view(), name="config-edit"),
    path(CONFIG + "start/", configs.ConfigStartView.as_view(), name="config-start"),
    path(CONFIG + "delete/", configs.ConfigDeleteView.as_view(), name="config-delete"),
    path(CONFIG + "restore/", configs.ConfigRestoreView.as_view(), name="config-restore"),
]

# What answers questions.
asking: list[URLPattern | URLResolver] = [
    path("endpoints/", endpoints.EndpointListView.as_view(), name="endpoints"),
    path("endpoints/new/", endpoints.EndpointCreateView.as_view(), name="endpoint-create"),
    path(ENDPOINT, endpoints.EndpointEditView.as_view(), name="endpoint-edit"),
    path(ENDPOINT + "test/", endpoints.EndpointTestView.as_view(), name="endpoint-test"),
    path(ENDPOINT + "delete/", endpoints.EndpointDeleteView.as_view(), name="endpoint-delete"),
]

# Starting runs.
launching: list[URLPattern | URLResolver] = [
    path("runs/new/", launchers.NewRunView.as_view(), name="run-new"),
    path("runs/new/custom/", launchers.CustomView.as_view(), name="run-custom"),
    path("runs/new/auto/", launchers.AutoView.as_view(), name="run-auto"),
    path("runs/new/batch/", launchers.BatchLaunchView.as_view(), name="run-batch"),
    path("runs/batches/<uuid:pk>/", batches.BatchView.as_view(), name="batch"),
    path("datasets/<uuid:pk>/runs/", dataset_runs.DatasetRunsView.as_view(), name="dataset-runs"),
    path("runs/templates/", templates.TemplateListView.as_view(), name="templates"),
    path("runs/templates/new/", templates.TemplateCreateView.as_view(), name="template-create"),
    path(TEMPLATE, templates.TemplateEditView.as_view(), name="template-edit"),
    path(TEMPLATE + "switch/", templates.TemplateSwitchView.as_view(), name="template-switch"),
]

# Outputs made elsewhere, and whether runs are ready for review.
importing: list[URLPattern | URLResolver] = [
    path("runs/import/", outputs.OutputImportView.as_view(), name="output-import"),
    path("runs/readiness/", readiness.ReadinessView.as_view(), name="readiness"),
]

urlpatterns: list[URLPattern | URLResolver] = [*importing, *launching, *reading, *tools, *asking]
