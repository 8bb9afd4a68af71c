"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from runs.api import (
    configs,
    endpoints,
    evaluators,
    outputs,
    run_acts,
    run_comparing,
    run_items,
    runs,
)

ENDPOINT = "endpoints/<uuid:pk>"
CONFIG = "configs/<uuid:pk>"
RUN = "runs/<uuid:pk>"
RUN_ITEM = f"{RUN}/items/<uuid:item>"
RESULT = f"{RUN_ITEM}/checks/<int:result>"
COMPARED = f"{RUN}/compare/<uuid:other>"

# What runs are made with.
tools: list[URLPattern | URLResolver] = [
    path("endpoints", endpoints.EndpointsView.as_view(), name="api-endpoints"),
    path(ENDPOINT, endpoints.EndpointView.as_view(), name="api-endpoint"),
    path(f"{ENDPOINT}/test", endpoints.EndpointTestView.as_view(), name="api-endpoint-test"),
    path("evaluators", evaluators.EvaluatorsView.as_view(), name="api-evaluators"),
    path("evaluators/<uuid:pk>", evaluators.EvaluatorView.as_view(), name="api-evaluator"),
    path("configs", configs.ConfigsView.as_view(), name="api-configs"),
    path(CONFIG, configs.ConfigView.as_view(), name="api-config"),
    path(f"{CONFIG}/start", configs.ConfigStartView.as_view(), name="api-config-start"),
]

# Runs, and what came of them.
results: list[URLPattern | URLResolver] = [
    path("runs/outputs", outputs.OutputsView.as_view(), name="api-run-outputs"),
    path("runs", runs.RunsView.as_view(), name="api-runs"),
    path(RUN, runs.RunView.as_view(), name="api-run"),
    path(f"{RUN}/progress", runs.RunProgressView.as_view(), name="api-run-progress"),
    path(f"{RUN}/pause", run_acts.RunPauseView.as_view(), name="api-run-pause"),
    path(f"{RUN}/resume", run_acts.RunResumeView.as_view(), name="api-run-resume"),
    path(f"{RUN}/cancel", run_acts.RunCancelView.as_view(), name="api-run-cancel"),
    path(f"{RUN}/retry", run_acts.RunRetryView.as_view(), name="api-run-retry"),
    path(f"{RUN}/analyse", run_acts.RunAnalyseView.as_view(), name="api-run-analyse"),
    path(f"{RUN}/items", run_items.RunItemsView.as_view(), name="api-run-items"),
    path(RUN_ITEM, run_items.RunItemView.as_view(), name="api-run-item"),
    path(f"{RUN_ITEM}/checks", run_items.RunItemChecksView.as_view(), name="api-run-item-checks"),
    path(RESULT, run_items.CheckResultView.as_view(), name="api-check-result"),
    path(f"{RESULT}/override", run_items.OverrideView.as_view(), name="api-override"),
    path(COMPARED, run_comparing.CompareView.as_view(), name="api-run-compare"),
    path(
        f"{COMPARED}/items", run_comparing.ComparedItemsView.as_view(), name="api-run-compare-items"
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [*tools, *results]
