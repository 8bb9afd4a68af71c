"""One row of a run to be read: what was asked and answered, and what each check says."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from datasets.list_filters import ListFilter
from datasets.models import Attachment
from evalplatform.scoping.patience import TooBroadError, patience
from runs.models import RunItem
from runs.run_item_filters import filter_run_items, results_of
from runs.run_item_listing import LOOKED
from runs.run_item_showing import checks_of, history_of, shown, texts_of, traces_of
from runs.views.run_page import OfRun, RunPage


class OfRunItem(OfRun):
    """A view under /runs/<pk>/items/<item>/: 404 unless the row is one of the run's."""

    @cached_property
    def item(self) -> RunItem:
        """The row, and the revision of the dataset's item that it asks of."""
        rows = self.items().select_related("item").filter(pk=self.kwargs["item"])
        found: RunItem | None = rows.first()
        if found is None:
            raise Http404
        found.run = self.run
        return found

    def checks(self) -> list[dict[str, Any]]:
        """What each check says of the row, in order."""
        results = results_of(self.actor, self.run).filter(run_item=self.item)
        return checks_of(results.select_related("edited_by").order_by("position"))


class RunItemView(OfRunItem, RunPage):
    """The row, and its neighbours in the list that one came from; `?whole=` gives one text."""

    template_name = "runs/run_item.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "whole" not in request.GET:
            return super().get(request, *args, **kwargs)
        said = texts_of(self.item).get(request.GET["whole"])
        if said is None:
            raise Http404
        return HttpResponse(said[1], content_type="text/plain; charset=utf-8")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.crumb = self.item.public_id
        is_raw = self.request.GET.get("view") == "raw"
        found = self.found()
        query = found.query()
        return {
            "item": self.item,
            "item_url": self.url("run-item", self.item.pk),
            "texts": [
                shown(name, *said, is_raw=is_raw) for name, said in texts_of(self.item).items()
            ],
            "history": history_of(self.item, is_raw=is_raw),
            "traces": traces_of(self.item),
            "checks": self.checks(),
            "files": self.files(),
            "item_of_dataset": self.item_of_dataset(),
            "is_raw": is_raw,
            "query": query,
            "list_url": f"{self.url('run')}?{query}#items".replace("?#", "#"),
            **self.neighbours(found, query),
        }

    def found(self) -> ListFilter:
        """The list that one came from."""
        return filter_run_items(self.items(), results_of(self.actor, self.run), self.request.GET)

    def neighbours(self, found: ListFilter, query: str) -> dict[str, str]:
        """Addresses of the rows before and behind in the list; '' at its ends."""
        here, urls = self.item.order_index, {"newer_url": "", "older_url": ""}
        rows = found.rows.values_list("pk", flat=True)
        if "q" in dict(found.pairs()):  # no index finds a part of a text
            rows = rows.filter(order_index__gt=here - LOOKED, order_index__lt=here + LOOKED)
        try:
            with patience():
                before = rows.filter(order_index__lt=here).order_by("-order_index").first()
                behind = rows.filter(order_index__gt=here).order_by("order_index").first()
        except TooBroadError:
            return urls
        for name, pk in (("newer_url", before), ("older_url", behind)):
            if pk:
                urls[name] = f"{self.url('run-item', pk)}?{query}".rstrip("?")
        return urls

    def item_of_dataset(self) -> str:
        """The address of the item as the run's version holds it; '' for who may not see it."""
        if not (self.dataset and self.item.item_id):
            return ""
        arguments = [self.actor.team.slug, self.dataset.pk, self.item.item_key]
        return f"{reverse('item', args=arguments)}?version={self.run.version}"

    def files(self) -> list[dict[str, str]]:
        """Names of the files, with an address for those of a dataset that the reader sees."""
        source = self.item.item
        if not (source and source.files and self.dataset):
            return [{"name": name, "url": ""} for name in self.item.files]
        rows = Attachment.objects.visible_to(self.actor).filter(dataset=self.dataset)
        slug, pk = self.actor.team.slug, self.dataset.pk
        return [
            {"name": file.name, "url": reverse("attachment", args=[slug, pk, file.pk])}
            for file in rows.filter(pk__in=source.files).order_by("name")
        ]
