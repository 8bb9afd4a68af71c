"""Admin pages of runs: to read, and to change prompt templates; the rest has pages of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.admin import ScopedModelAdmin, ScopedRelatedFilter
from runs.models import (
    CheckResult,
    ConfigEvaluator,
    EvaluationConfig,
    Evaluator,
    ModelEndpoint,
    PromptTemplate,
    Run,
    RunBatch,
    RunItem,
)


@admin.register(ModelEndpoint)
class ModelEndpointAdmin(ScopedModelAdmin):
    """Servers that answer prompts; the key is never shown."""

    fields = (
        "name",
        "kind",
        "base_url",
        "model",
        "key_hint",
        "timeout_seconds",
        "max_attempts",
        "max_parallel",
        "per_minute",
        "owner",
        "is_shared",
        "created_at",
    )
    list_display = ("name", "kind", "model", "owner", "is_shared")
    list_filter = ("kind",)
    list_select_related = ("owner",)
    search_fields = ("name", "model")


@admin.register(Evaluator)
class EvaluatorAdmin(ScopedModelAdmin):
    """Judges with a prompt of the team's own."""

    fields = (
        "name",
        "description",
        "level",
        "kind",
        "prompt",
        "output_schema",
        "endpoint",
        "category",
        "weight",
        "owner",
        "is_shared",
        "created_at",
    )
    list_display = ("name", "level", "kind", "owner", "is_shared")
    list_filter = ("level", "kind")
    list_select_related = ("owner",)
    search_fields = ("name",)


@admin.register(EvaluationConfig)
class EvaluationConfigAdmin(ScopedModelAdmin):
    """How datasets are evaluated."""

    fields = (
        "name",
        "dataset",
        "generation",
        "judge",
        "system_prompt",
        "parameters",
        "auto_run",
        "owner",
        "is_shared",
        "created_at",
    )
    list_display = ("name", "dataset", "auto_run", "owner")
    list_filter = ("auto_run",)
    list_select_related = ("dataset", "owner")
    search_fields = ("name",)


@admin.register(ConfigEvaluator)
class ConfigEvaluatorAdmin(ScopedModelAdmin):
    """The evaluators of each configuration."""

    fields = ("config", "evaluator", "position")
    list_display = ("config", "evaluator", "position")
    list_select_related = ("config", "evaluator")
    search_fields = ("config__name",)
    linked_by = ("config__id__exact",)


@admin.register(PromptTemplate)
class PromptTemplateAdmin(ScopedModelAdmin):
    """The texts that auto-generated runs are made from."""

    act_verb = Verb.EDIT_ALL_EVIDENCE
    writable = ("category", "subcategory", "title", "text", "values", "is_enabled", "position")

    fields = (
        "template_key",
        "category",
        "subcategory",
        "title",
        "text",
        "values",
        "is_enabled",
        "position",
    )
    list_display = ("title", "template_key", "category", "subcategory", "is_enabled")
    list_filter = ("is_enabled",)
    search_fields = ("title", "template_key")

    def save_row(self, row: PromptTemplate, values: dict[str, Any], actor: Actor) -> None:
        row.change(by=actor, **values)


@admin.register(RunBatch)
class RunBatchAdmin(ScopedModelAdmin):
    """Runs that were started together."""

    fields = ("title", "n_runs", "owner", "created_at")
    list_display = ("__str__", "n_runs", "owner", "created_at")
    list_select_related = ("owner",)
    search_fields = ("title",)


@admin.register(Run)
class RunAdmin(ScopedModelAdmin):
    """Runs and what they were made with."""

    fields = (
        "title",
        "kind",
        "source",
        "status",
        "dataset",
        "version",
        "config",
        "batch",
        "owner",
        "is_shared",
        "n_items",
        "prompt_count",
        "parameters",
        "plan",
        "metrics",
        "error_message",
        "error_analysis",
        "failure_type",
        "failure_reason",
        "remote_run_id",
        "created_at",
        "started_at",
        "completed_at",
    )
    list_display = ("title", "kind", "source", "status", "owner", "n_items", "created_at")
    list_filter = ("kind", "source", "status", ("owner", ScopedRelatedFilter))
    list_select_related = ("owner", "team")
    search_fields = ("title",)
    linked_by = ("batch__id__exact", "dataset__id__exact")


@admin.register(RunItem)
class RunItemAdmin(ScopedModelAdmin):
    """Rows of runs: prompt, output, counts of checks."""

    fields = (
        "run",
        "order_index",
        "public_id",
        "source_type",
        "title",
        "prompt_text",
        "response",
        "status",
        "error",
        "in_tokens",
        "out_tokens",
        "duration",
        "input_context",
        "output_context",
        "tags",
        "n_checks",
        "n_passed",
        "n_low",
        "n_skipped",
        "n_errors",
        "is_passed",
        "finished_at",
    )
    list_display = ("public_id", "run", "order_index", "status", "n_checks", "n_passed")
    list_filter = ("status",)
    list_select_related = ("run",)
    search_fields = ("public_id",)
    linked_by = ("run__id__exact",)
    ordering = ("-id",)


@admin.register(CheckResult)
class CheckResultAdmin(ScopedModelAdmin):
    """Verdicts of the machine, and the overrides beside them."""

    fields = (
        "run",
        "run_item",
        "operator",
        "criteria",
        "weight",
        "category",
        "is_global",
        "evaluator",
        "state",
        "auto_eval",
        "confidence",
        "feedback",
        "extracted",
        "edited_auto_eval",
        "edited_feedback",
        "edited_by",
        "edited_at",
    )
    list_display = ("operator", "run_item", "state", "auto_eval", "edited_auto_eval", "confidence")
    list_filter = ("state", "confidence")
    list_select_related = ("run_item",)
    search_fields = ("operator",)
    linked_by = ("run__id__exact", "run_item__id__exact")
    ordering = ("-id",)
