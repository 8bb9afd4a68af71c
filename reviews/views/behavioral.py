"""Behavioral labels of a run: labelling its rows one after the other, and how labels are spread."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from datasets.attachment_sending import send_attachment
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.views import ScopedPage, ScopedView
from reviews.behaviour import StaleLabelError, drop_draft, labelable, save_label
from reviews.behaviour_spread import FieldSpread, distributions, labelled_by
from reviews.label_desk import about, desk_of, draft_of, next_row, suggestions_for, values_in
from reviews.material import files_of_row, material_of_row
from reviews.models import BehavioralLabel, Queue
from reviews.typed import read_typed
from reviews.views.review import faults_of
from runs.models import Run, RunItem
from runs.run_item_showing import texts_of


class OfLabels(ScopedView):
    """A view under /runs/<pk>/labels/: 404 unless the run, or a row to label in it, is visible."""

    model = Run
    verb = "review"

    @cached_property
    def is_visible(self) -> bool:
        """Whether the actor sees the run itself, and not only rows of it."""
        return bool(self.rows().filter(pk=self.kwargs["pk"]).exists())

    @cached_property
    def run(self) -> Run:
        """The run of the address."""
        if self.is_visible:
            found: Run | None = self.rows().get(pk=self.kwargs["pk"])
        else:
            given = labelable(self.actor).filter(run=self.kwargs["pk"])
            row = given.select_related("run").first()
            found = row.run if row else None
        if found is None:
            raise Http404
        return found

    @cached_property
    def row(self) -> RunItem:
        """The row of the address; 403 for one that the actor sees and may not label."""
        found = labelable(self.actor).filter(run=self.run, pk=self.kwargs["item"])
        row: RunItem | None = found.select_related("item").first()
        if row is not None:
            return row
        seen = RunItem.objects.visible_to(self.actor).filter(run=self.run, pk=self.kwargs["item"])
        if seen.exists():
            raise PermissionDenied("Only who has a place on this row in the run's queue labels it.")
        raise Http404

    @cached_property
    def queue(self) -> Queue | None:
        """The run's queue, when the actor sees it."""
        found: Queue | None = Queue.objects.visible_to(self.actor).filter(run=self.run).first()
        return found

    def url(self, name: str, *args: Any) -> str:
        """The address of a page of the run's labels."""
        return reverse(name, args=[self.actor.team.slug, self.kwargs["pk"], *args])

    def place(self) -> dict[str, Any]:
        """Where one is, and where one may go; of a run that is not visible, its queue's name."""
        slug = self.actor.team.slug
        queue_url = reverse("queue", args=[slug, self.queue.pk]) if self.queue else ""
        parent = self.run.title if self.is_visible else (self.queue.name if self.queue else "")
        return {
            "labels_url": self.url("behavioral"),
            "charts_url": self.url("behavioral-charts") if self.may_see_spread else "",
            "queue_url": queue_url,
            "parent": parent,
            "parent_url": self.run.get_absolute_url() if self.is_visible else queue_url,
            "parents_url": reverse("runs" if self.is_visible else "queues", args=[slug]),
            "parents_label": "Runs" if self.is_visible else "Queues",
        }

    @property
    def may_see_spread(self) -> bool:
        return self.actor.may(Verb.SEE_ANALYSIS)


class LabelDesk(OfLabels):
    """A view that answers with the three areas of the page."""

    def desk(self, row: RunItem | None) -> dict[str, Any]:
        """The context of a row; of the end when there is none."""
        if row is None:
            return {**self.place(), **about(self.run, self.actor, None), "row": None}
        is_raw = self.request.GET.get("view") == "raw"
        row.run = self.run
        found = desk_of(self.run, row, self.actor, is_raw=is_raw)
        return {**self.place(), **self.urls(row), **found}

    def urls(self, row: RunItem) -> dict[str, str]:
        """The addresses that the page sends to."""
        own = self.url("behavioral-item", row.pk)
        acts = ("draft", "save", "material")
        return {"item_url": own} | {f"{act}_url": f"{own}{act}/" for act in acts}

    def answer(self, row: RunItem | None, *, said: str, undo: str = "") -> JsonResponse:
        """The next desk, as the review page's script expects it."""
        context = self.get_context_data(**self.desk(row))
        html = render_to_string("reviews/behavioral/_desk.html", context, self.request)
        url = context.get("item_url") or context["labels_url"]
        return JsonResponse({"desk": html, "url": url, "said": said, "undo": undo})

    def keep(self, status: str) -> BehavioralLabel:
        """Save what was sent."""
        typed = read_typed(self.request.body)
        shown = ["suggestions"] if suggestions_for(self.row) else []
        return save_label(
            self.row,
            values_in(typed.draft),
            status=status,
            by=self.actor,
            number=typed.number,
            shown=shown,
        )

    def stale(self, error: StaleLabelError) -> JsonResponse:
        """409 with both versions, for the person to choose."""
        body = {
            "message": str(error.detail),
            "number": error.label.number,
            "draft": draft_of(error.label),
            "is_stale": True,
        }
        return JsonResponse(body, status=409)


class LabelsPage(LabelDesk, ScopedPage):
    """The next row without a label of one's own; `behavioral-item` is this with a given row."""

    verb = "review"
    template_name = "reviews/behavioral/labels.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        row = self.found()
        request.place = "runs" if self.is_visible else "queues"  # type: ignore[attr-defined]
        if request.headers.get("X-Part") == "desk":
            return self.answer(row, said="")
        return self.render_to_response(self.get_context_data(**self.desk(row)))

    def found(self) -> RunItem | None:
        """The row to begin with."""
        return next_row(self.run, self.actor)


class LabelItemPage(LabelsPage):
    """One row that the actor may label."""

    def found(self) -> RunItem | None:
        return self.row


class LabelMaterialView(LabelDesk, ScopedPage):
    """The material rendered or as it is, or the whole of one text."""

    verb = "review"
    template_name = "reviews/behavioral/_material.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "whole" not in request.GET:
            return super().get(request, *args, **kwargs)
        said = texts_of(self.row).get(request.GET["whole"])
        if said is None:
            raise Http404
        return HttpResponse(said[1], content_type="text/plain; charset=utf-8")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        is_raw = self.request.GET.get("view") == "raw"
        told = {"is_raw": is_raw, "files": files_of_row(self.row), **self.urls(self.row)}
        return told | material_of_row(self.row, is_raw=is_raw)


class LabelFileView(OfLabels):
    """A file of the dataset's item, to keep."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = files_of_row(self.row).filter(pk=self.kwargs["file"]).first()
        if found is None:
            raise Http404
        return send_attachment(found, by=self.actor)


class LabelDraftView(LabelDesk):
    """PUT keeps what was typed; DELETE forgets what is not saved."""

    def put(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            label = self.keep(BehavioralLabel.Status.DRAFT)
        except ValidationError as error:
            return JsonResponse({"message": error.messages[0]}, status=400)
        except StaleLabelError as error:
            return self.stale(error)
        return JsonResponse({"number": label.number, "at": timezone.now().isoformat()})

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        drop_draft(self.row, by=self.actor)
        return self.answer(self.row, said="What was not saved is gone.")


class LabelSaveView(LabelDesk):
    """POST saves the label and answers with the next row; 422 says what is missing."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.keep(BehavioralLabel.Status.SAVED)
        except ValidationError as error:
            faults = faults_of(error)
            at_notes = {"feedback": faults.pop("notes")} if "notes" in faults else {}
            return JsonResponse({"errors": faults | at_notes}, status=422)
        except StaleLabelError as error:
            return self.stale(error)
        except Conflict as error:
            return JsonResponse({"message": str(error.detail)}, status=409)
        return self.answer(
            next_row(self.run, self.actor, after=self.row),
            said=f"Labelled {self.row.public_id[:60]}.",
            undo=self.url("behavioral-item", self.row.pk),
        )


class LabelChartsView(OfLabels, ScopedPage):
    """How the saved labels of a run are spread, of everybody or of one reviewer."""

    verb = "see_analysis"
    template_name = "reviews/behavioral/charts.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        people = labelled_by(self.run, self.actor)
        asked = self.request.GET.get("reviewer", "")
        chosen = next((each for each in people if str(each.pk) == asked), None)
        pk: UUID | None = chosen.pk if chosen else None
        found = distributions(self.run, self.actor, pk)
        return {
            **self.place(),
            "run": self.run,
            "people": people,
            "chosen": chosen,
            "found": found,
            "fields": [{"spread": each, "rows": _bars(each)} for each in found.fields],
        }


def _bars(spread: FieldSpread) -> list[dict[str, Any]]:
    return [{"label": str(value), "value": n} for value, n in spread.counts]
