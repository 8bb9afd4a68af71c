"""Starting runs: the choice of launchers, and the form of each."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.scoping.views import ScopedPage
from runs.launch_forms import DATASET, AutoForm, BatchForm, CustomForm, LaunchForm, TypedPrompt
from runs.launching import (
    AUTO_PROMPTS,
    BATCH_SIZES,
    MOST_PROMPTS,
    common_to,
    launch_auto,
    launch_batch,
    launch_dataset,
    launch_prompts,
    sources_of,
)
from runs.making_once import SENT_BEFORE, make_once_by_form
from runs.models import Run, RunBatch
from runs.prompt_filling import fill

SHOWN_AT_FIRST = 3  # empty rows of the form of prompts


class NewRunView(ScopedPage):
    """The ways to start a run."""

    model = Run
    verb = "run_prompts"
    template_name = "runs/new.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {
            "may_batch": self.actor.may("run_batch"),
            "most_prompts": MOST_PROMPTS,
            "n_auto": AUTO_PROMPTS,
            "batch_sizes": BATCH_SIZES,
        }


class LaunchPage(ScopedPage):
    """The form of a launcher; a run that was started is shown at once, once for each form."""

    model = Run
    verb = "run_prompts"
    made: type[Any] = Run  # what it starts

    def form(self, data: Any = None) -> Any:
        """The form, empty or as typed."""
        raise NotImplementedError

    def start(self, form: Any, **columns: Any) -> Any:
        """Start what a valid form says; `columns` are further ones. Raises ValidationError."""
        raise NotImplementedError

    def start_once(self, form: Any) -> Any:
        """Start what a valid form says, unless this form did before."""
        make, token = partial(self.start, form), form.cleaned_data["token"]
        found, is_new = make_once_by_form(
            self.made, make, by=self.actor, token=token, request=self.request
        )
        if not is_new:
            messages.info(self.request, SENT_BEFORE)
        return found

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return self.shown(kwargs.get("form") or self.form())

    def shown(self, form: Any) -> dict[str, Any]:
        """What the page shows of the form."""
        return {"form": form, "may_make_endpoints": self.actor.may("edit_evidence")}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = self.form(request.POST)
        if form.is_valid():
            try:
                return redirect(self.start_once(form))
            except ValidationError as error:
                put_errors(form, error)
        context = self.get_context_data(**self.shown(form))
        return self.render_to_response(context, status=422)


class CustomView(LaunchPage):
    """1 to 10 prompts that are typed, or a dataset; `?dataset=` names one."""

    template_name = "runs/custom.html"

    def form(self, data: Any = None) -> CustomForm:
        asked = self.request.GET
        initial = {"what": asked.get("what", ""), "dataset": asked.get("dataset", "")}
        if initial["dataset"] and not initial["what"]:
            initial["what"] = DATASET
        said = {name: value for name, value in initial.items() if value}
        return CustomForm(data, actor=self.actor, initial=said)

    def shown(self, form: CustomForm) -> dict[str, Any]:
        rows = list(form["prompts"].value() or ())
        empty = [TypedPrompt("", False)] * max(0, SHOWN_AT_FIRST - len(rows))
        return super().shown(form) | {"prompts": [*rows, *empty], "most_prompts": MOST_PROMPTS}

    def start(self, form: CustomForm, **columns: Any) -> Run:
        said, launch = form.cleaned_data, form.launch(**columns)
        if said["what"] == DATASET:
            return launch_dataset(said["dataset"], launch, by=self.actor)
        return launch_prompts(said["prompts"], launch, by=self.actor)


class AutoView(LaunchPage):
    """50 prompts made of templates, all of them shown before they are sent."""

    template_name = "runs/auto.html"
    form_class: type[AutoForm] = AutoForm
    n_runs = 1

    def form(self, data: Any = None) -> AutoForm:
        asked, initial = self.request.GET, {}
        if "seed" in asked:  # the form asks for its prompts while it is filled in
            initial = {"seed": asked["seed"], "keys": asked.getlist("keys")}
        sources = sources_of(self.actor)
        return self.form_class(data, actor=self.actor, sources=sources, initial=initial)

    def shown(self, form: AutoForm) -> dict[str, Any]:
        made = fill(form.chosen_sources(), AUTO_PROMPTS, seed=form.seed_now())
        n_of: dict[str, int] = {}
        for each in made:
            n_of[each.source.category] = n_of.get(each.source.category, 0) + 1
        return super().shown(form) | {
            "made": made,
            "n_of_categories": sorted(n_of.items()),
            "common": common_to([each.source for each in made]),
            "n_auto": AUTO_PROMPTS,
        }

    def start(self, form: AutoForm, **columns: Any) -> Run | RunBatch:
        sources, seed = form.chosen_sources(), form.cleaned_data["seed"]
        return launch_auto(sources, form.launch(**columns), seed=seed, by=self.actor)


class BatchLaunchView(AutoView):
    """1, 3 or 10 runs of 50 prompts each."""

    verb = "run_batch"
    template_name = "runs/batch_new.html"
    form_class = BatchForm
    made = RunBatch

    def start(self, form: AutoForm, **columns: Any) -> RunBatch:
        said = form.cleaned_data
        return launch_batch(
            form.chosen_sources(),
            form.launch(),
            n_runs=said["n_runs"],
            seed=said["seed"],
            by=self.actor,
            **columns,
        )


def put_errors(form: LaunchForm, error: ValidationError) -> None:
    """Say at the fields of the form what was refused."""
    for name, texts in error.update_error_dict({}).items():
        form.add_error(name if name in form.fields else None, texts)
