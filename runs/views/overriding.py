"""A person's verdict in place of the machine's, from the page of the row."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from datasets.views.dataset_page import toasted
from evalplatform.errors import Conflict
from runs import overriding
from runs.models import CheckResult
from runs.run_item_filters import results_of
from runs.views.run_item import OfRunItem


class OverrideForm(forms.Form):
    """The verdict that is to count, and why; without a verdict, the machine's counts again.

    `seen` is the override that stood there when the form was shown.
    """

    verdict = forms.ChoiceField(choices=[("pass", "Pass"), ("fail", "Fail")], required=False)
    feedback = forms.CharField(max_length=5_000, required=False)
    seen = forms.CharField(max_length=4, required=False)


class OverrideView(OfRunItem):
    """POST: override one verdict, or take the override back; answers with the row's checks."""

    verb = "run_prompts"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_editor()
        results = results_of(self.actor, self.run).filter(run_item=self.item)
        result: CheckResult | None = results.filter(pk=kwargs["result"]).first()
        if result is None:
            raise Http404
        form = OverrideForm(request.POST)
        if form.is_valid() and self.is_saved(result, form):
            return self.saved(result, form)
        return self.answer(form, result, status=422)

    def is_saved(self, result: CheckResult, form: OverrideForm) -> bool:
        """Whether the override was saved; else the form says why not."""
        said = form.cleaned_data
        expected = said["seen"] if "seen" in self.request.POST else None
        try:
            overriding.override(
                result,
                by=self.actor,
                verdict=said["verdict"],
                feedback=said["feedback"],
                expected=expected,
            )
        except ValidationError as error:
            at = "feedback" if "feedback" in error.message_dict else None
            form.add_error(at, error.messages)
        except Conflict as error:
            form.add_error(None, str(error.detail))
        return not form.errors

    def saved(self, result: CheckResult, form: OverrideForm) -> HttpResponse:
        """The checks as they are now; what took the machine's place can be undone."""
        del self.item  # its counts have changed
        if not self.request.headers.get("HX-Request"):
            return redirect(f"{self.url('run-item', self.item.pk)}#c{result.position}")
        if not form.cleaned_data["verdict"]:
            return toasted(self.answer(), "The machine’s verdict counts again.")
        undo = self.url("run-override", self.item.pk, result.pk)
        return toasted(self.answer(), "Overridden.", undo="" if result.edited_auto_eval else undo)

    def answer(
        self, form: OverrideForm | None = None, result: CheckResult | None = None, status: int = 200
    ) -> HttpResponse:
        """The checks of the row as they are now, and the form that was refused in its place."""
        context = self.get_context_data(
            **self.about(),
            item=self.item,
            checks=self.checks(),
            form=form,
            refused=result.pk if result else None,
            is_part=True,
        )
        return render(self.request, "runs/_checks.html", context, status=status)
