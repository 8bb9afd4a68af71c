"""Population rules of a dataset: the list, one rule with its polls, and changing it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from datasets.filters import SessionFilter
from datasets.models import Dataset, PopulationRule, RulePoll
from datasets.populating import catch, fitting, within
from datasets.rule_forms import RuleForm, as_form, filters_of
from datasets.views.dataset_page import DatasetPage
from evalplatform.scoping.keyset import Page, capped_count, fetch_page
from evalplatform.scoping.managers import get_visible
from evalplatform.scoping.patience import TooBroadError, patience

PAGE = 50


class RulePage(DatasetPage):
    """What the pages of rules share; `rule` is the one of the address."""

    here = "rules"
    crumb = "Rules"

    @cached_property
    def rule(self) -> PopulationRule:
        """The rule of the address, 404 unless it is one of this dataset."""
        rule: PopulationRule = get_visible(
            PopulationRule, self.actor, pk=self.kwargs["rule"], dataset=self.dataset
        )
        rule.dataset = self.dataset
        return rule

    @property
    def may_change(self) -> bool:
        """Whether the actor may change what the rule takes, and start it again."""
        editable = PopulationRule.objects.editable_by(self.actor)
        return bool(editable.filter(pk=self.rule.pk).exists())

    def spoken(self, found: SessionFilter) -> list[dict[str, str]]:
        """What a filter says, as label and value."""
        return found.chips("")


class RulesView(RulePage):
    """The rules of a dataset, with their state and what their last poll did."""

    template_name = "datasets/rules.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        polls = RulePoll.objects.visible_to(self.actor)
        newest = polls.filter(rule=OuterRef("pk")).order_by("-id").values("pk")[:1]
        rules = PopulationRule.objects.visible_to(self.actor).filter(dataset=self.dataset)
        found = rules.select_related("created_by").annotate(newest=Subquery(newest))
        shown = list(found.order_by("created_at", "id"))
        last = polls.in_bulk([rule.newest for rule in shown if rule.newest])
        return {"rules": [(rule, last.get(rule.newest)) for rule in shown]}


class RuleFormPage(RulePage):
    """The form of a new rule or of one there is."""

    template_name = "datasets/rule_form.html"

    def shown(self, form: RuleForm, found: SessionFilter, **more: Any) -> dict[str, Any]:
        return {
            "form": form,
            "filter": found,
            "chips": [],
            "query": found.query(),
            "errors": found.errors,
            "count_url": self.url("rule-count"),
            "is_wrong_level": self.dataset.level != Dataset.Level.SESSION,
            **more,
        }

    def save(self, values: dict[str, Any]) -> PopulationRule:
        """Keep what the form says."""
        raise NotImplementedError

    def take(self, request: HttpRequest, **more: Any) -> HttpResponseBase:
        """Save a valid form and go to the rule; else show what is wrong."""
        self.require_editor()
        form, found = RuleForm(request.POST), filters_of(self.actor, request.POST)
        if form.is_valid() and not found.errors:
            try:
                rule = self.save(form.cleaned_data | {"filters": found.canonical()})
                return redirect(self.url("rule", rule.pk))
            except ValidationError as error:
                form.add_error(None, error.messages)
        context = self.get_context_data(**self.shown(form, found, **more))
        return self.render_to_response(context, status=422)


class RuleCreateView(RuleFormPage):
    """A new rule of the actor."""

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        return self.shown(RuleForm(), filters_of(self.actor, self.request.GET))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self.take(request)

    def save(self, values: dict[str, Any]) -> PopulationRule:
        rule = PopulationRule.create(self.dataset, by=self.actor, **values)
        messages.success(self.request, "The rule is on: it is polled within five minutes.")
        return rule


class RuleEditView(RuleFormPage):
    """Other filters or bounds for a rule."""

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        initial = {name: getattr(self.rule, name) for name in RuleForm.base_fields}
        found = filters_of(self.actor, as_form(self.rule.filters))
        return self.shown(RuleForm(initial=initial), found, rule=self.rule)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self.take(request, rule=self.rule)

    def save(self, values: dict[str, Any]) -> PopulationRule:
        self.rule.change(by=self.actor, **values)
        messages.success(self.request, "Saved.")
        return self.rule


class RuleCountView(RulePage):
    """How many sessions fit what the form says at this moment; asked again when it changes."""

    template_name = "datasets/_rule_count.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        form, found = RuleForm(self.request.GET), filters_of(self.actor, self.request.GET)
        form.is_valid()
        days = form.cleaned_data.get("lookback_days") or 30
        sessions_url = reverse("sessions", args=[self.actor.team.slug])
        told = {"days": days, "list_url": f"{sessions_url}?{found.query()}".rstrip("?")}
        if found.errors:
            return told | {"errors": found.errors}
        try:
            with patience():
                rows = within(fitting(found.canonical(), self.actor), days)
                n, is_more = capped_count(rows)
        except TooBroadError:
            return told | {"is_too_broad": True}
        return told | {"n_fit": f"{n:,}{'+' if is_more else ''}", "is_one": n == 1}


class RuleView(RulePage):
    """One rule: what it takes, its state, and what each poll did."""

    template_name = "datasets/rule.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rule = self.rule
        page = self.polls()
        job = rule.job if rule.job and rule.job.is_open else None
        is_own_job = job is not None and job.requested_by_id == self.actor.membership.pk
        return {
            "rule": rule,
            "rule_url": self.url("rule", rule.pk),
            "may_change": self.may_change,
            "chips": self.spoken(filters_of(self.actor, as_form(rule.filters))),
            "polls": page.rows,
            "newer_url": f"?page={page.newer}" if page.newer else "",
            "older_url": f"?page={page.older}" if page.older else "",
            "job": job if is_own_job else None,
            "is_polling": job is not None,
            "now": self.would_take(),
        }

    def polls(self) -> Page:
        rows = RulePoll.objects.visible_to(self.actor).filter(rule=self.rule)
        try:
            return fetch_page(rows, ("id",), self.request.GET.get("page", ""), PAGE)
        except ValidationError:  # an old or broken link starts from the first page
            return fetch_page(rows, ("id",), "", PAGE)

    def would_take(self) -> Any:
        """What the rule would take now, said to its owner: it acts with the owner's eyes."""
        if self.rule.created_by_id != self.actor.user.pk or not self.rule.is_enabled:
            return None
        try:
            with patience():
                return catch(self.rule, self.actor)
        except (TooBroadError, ValidationError):
            return None


class RuleActView(RulePage):
    """POST: one act on a rule, then back to its page."""

    http_method_names = ("post",)
    done = ""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.act(request.POST)
        if self.done:
            messages.success(request, self.done)
        return redirect(self.after())

    def act(self, form: QueryDict) -> None:
        raise NotImplementedError

    def after(self) -> str:
        return self.url("rule", self.rule.pk)


class RuleSwitchView(RuleActView):
    """Enable it, or disable it."""

    def act(self, form: QueryDict) -> None:
        if form.get("enabled") == "1":
            self.rule.enable(by=self.actor)
        else:
            self.rule.disable(by=self.actor)


class RulePollView(RuleActView):
    """Poll it now."""

    done = "Asked for a poll: what it did appears below."

    def act(self, form: QueryDict) -> None:
        self.rule.poll_now(by=self.actor)


class RuleDeleteView(RuleActView):
    """Delete it; what it has brought stays."""

    done = "Deleted the rule. What it has brought stays in the dataset."

    def act(self, form: QueryDict) -> None:
        self.rule.remove(by=self.actor)

    def after(self) -> str:
        return self.url("dataset-rules")
