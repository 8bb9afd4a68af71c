"""The editor of rubrics: a new one from a template, changing one, and the preview beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime

from evalplatform import strict_json
from evalplatform.errors import Conflict
from evalplatform.scoping.managers import get_visible
from evalplatform.scoping.views import ScopedPage
from reviews.models import Rubric, RubricVersion
from reviews.review_fields import sections_of
from reviews.rubric_form import EMPTY, MOST_CHARACTERS, RubricForm, written
from reviews.rubrics.builtin import BUILT_IN
from reviews.rubrics.drafting import DraftedSection, read_draft
from reviews.rubrics.shape import KIND_WORDS, Criterion, Section, Shape
from reviews.views.rubrics import OfRubrics

MOST_OFFERED = 100
KIND_SAYS = {
    "pass_fail": "Two buttons, and a flag for what cannot be judged.",
    "choice": "One of the options.",
    "multi_choice": "Any of the options, or none.",
    "rating": "A whole number, each a button.",
    "number": "A number that is typed.",
    "boolean": "Two buttons.",
    "text": "Words.",
}


class RubricFormPage(OfRubrics, ScopedPage):
    """The editor of a new rubric or of one there is."""

    verb = "manage_queues"
    template_name = "reviews/rubrics/form.html"

    def shown(self, form: RubricForm, **more: Any) -> dict[str, Any]:
        """The context of the editor."""
        return {
            "form": form,
            "faults": written(form.faults),
            "kinds": [(kind, word, KIND_SAYS[kind]) for kind, word in KIND_WORDS.items()],
            "preview_url": self.url("rubric-preview"),
            **more,
        }

    def again(self, **context: Any) -> HttpResponse:
        """The form as it was typed, with what is wrong."""
        return self.render_to_response(self.get_context_data(**context), status=422)


class RubricCreateView(RubricFormPage):
    """A new rubric. `?from=` begins with another one's newest version, or with nothing: `empty`."""

    def get_template_names(self) -> list[str]:
        is_picking = self.request.method == "GET" and not self.request.GET.get("from")
        return ["reviews/rubrics/pick.html" if is_picking else self.template_name]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        begin = self.request.GET.get("from", "")
        if not begin:
            return self.picked_from()
        if begin == "empty":
            return self.shown(RubricForm(initial={"shape": written(EMPTY)}))
        model = get_visible(Rubric, self.actor, pk=begin)
        said = {
            "name": f"{model.name} (copy)"[:200],
            "description": model.description,
            "shape": written(model.newest().shape),
        }
        return self.shown(RubricForm(initial=said), model=model)

    def picked_from(self) -> dict[str, Any]:
        """What a new rubric can begin with."""
        Rubric.all_of_the_product(by=self.actor)
        rows = self.rows().select_related("owner")
        built_in = sorted(rows.exclude(slug=""), key=lambda each: list(BUILT_IN).index(each.slug))
        return {"built_in": built_in, "others": rows.filter(slug="")[:MOST_OFFERED]}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = RubricForm(request.POST)
        if form.is_valid():
            said = {name: form.cleaned_data[name] for name in ("name", "description", "shape")}
            try:
                rubric = Rubric.create(by=self.actor, **said)
            except ValidationError as error:
                put_errors(form, error)
            else:
                messages.success(request, "Saved. Queues can ask it now.")
                return redirect(self.url("rubric", rubric.pk))
        return self.again(**self.shown(form))


class RubricEditView(RubricFormPage):
    """Change a rubric: an answered version is continued by the next, others change as they are."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.rubric.slug:
            messages.info(request, "This one comes with the product: make a copy and change that.")
            return redirect(self.url("rubric", self.rubric.pk))
        self.require_editor()
        return super().get(request, *args, **kwargs)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rubric = self.rubric
        said = {
            "name": rubric.name,
            "description": rubric.description,
            "shape": written(rubric.newest().shape),
            "seen_at": rubric.updated_at.isoformat(),
        }
        return self.of_rubric(RubricForm(initial=said))

    def of_rubric(self, form: RubricForm) -> dict[str, Any]:
        """The context of the editor, and what saving will mean."""
        newest = RubricVersion.objects.visible_to(self.actor).defer("shape")
        return self.shown(
            form,
            rubric=self.rubric,
            newest=newest.get(rubric=self.rubric, number=self.rubric.version),
            next_number=self.rubric.version + 1,
            n_open=self.n_queues(running=True),
            rubric_url=self.url("rubric", self.rubric.pk),
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        form = RubricForm(request.POST)
        if form.is_valid():
            said = {name: form.cleaned_data[name] for name in ("name", "description", "shape")}
            before, seen_at = self.rubric.version, read_moment(form.cleaned_data["seen_at"])
            try:
                self.rubric.change(by=self.actor, seen_at=seen_at, **said)
            except ValidationError as error:
                put_errors(form, error)
            except Conflict as refused:
                form.add_error(None, f"{refused.detail} {OVER_IT}")
                form.data = request.POST.copy()
                form.data["seen_at"] = self.rubric.updated_at.isoformat()
            else:
                messages.success(request, self.said(before))
                return redirect(self.url("rubric", self.rubric.pk))
        return self.again(**self.of_rubric(form))

    def said(self, before: int) -> str:
        """What saving did."""
        now = self.rubric.version
        if now == before:
            return "Saved."
        return f"Saved as version {now}. Queues that ask version {before} go on asking it."


OVER_IT = "Look at it in another tab; saving once more puts yours over it."


class RubricPreviewView(OfRubrics, ScopedPage):
    """POST: the form of a review for what is typed at this moment; nothing is kept."""

    verb = "manage_queues"
    http_method_names = ("post",)
    template_name = "reviews/rubrics/_preview.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        text, fault, held = request.POST.get("shape", "")[:MOST_CHARACTERS], "", None
        try:
            held = strict_json.loads(text)
        except strict_json.StrictJsonError as error:
            fault = f"This is not JSON. {error.message}"
        drafted = read_draft(held)
        return self.render_to_response(
            self.get_context_data(
                fault=fault,
                sections=[(each, list(parts_of(each))) for each in drafted.sections],
                n_criteria=drafted.n_criteria,
                n_faults=len(drafted.faults),
            )
        )


def parts_of(section: DraftedSection) -> Iterator[tuple[Any, str]]:
    """The fields of a section in their order; for what cannot be asked yet, None and why."""
    asked = tuple(part for part in section.parts if isinstance(part, Criterion))
    fields = iter(sections_of(Shape((Section("s", "s", asked),)), {})[0].fields)
    for part in section.parts:
        yield (next(fields), "") if isinstance(part, Criterion) else (None, part)


def read_moment(text: str) -> Any:
    """The moment that the form was made from; None when it does not say."""
    try:
        return parse_datetime(text)
    except ValueError:
        return None


def put_errors(form: RubricForm, error: ValidationError) -> None:
    """Say at the fields of the form what the model refused."""
    for name, texts in error.update_error_dict({}).items():
        form.add_error(name if name in form.fields else None, texts)
