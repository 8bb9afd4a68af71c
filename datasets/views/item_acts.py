"""What is done to items in the list: to many at once, to one, and taken back."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict

from datasets.editing import Edition, edition
from datasets.formats.fields import Findings
from datasets.item_filters import filter_items
from datasets.item_forms import read_tags
from datasets.models import DatasetItem
from datasets.models.dataset import locked
from datasets.restoring import restore
from datasets.views.dataset_page import OfDataset, toasted

MOST_AT_ONCE = 100_000
CHANGED = "items:changed"


class ItemActView(OfDataset):
    """POST: tag, untag or delete the selection, or everything that fits the filter."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        act = ACTS.get(request.POST.get("act", ""))
        try:
            if act is None:
                raise ValidationError("Say what to do with the items.")
            answer: HttpResponse = act(self, self.keys())
            return answer
        except ValidationError as error:
            return toasted(HttpResponse(status=204), error.messages[0], level="error")

    def keys(self) -> list[uuid.UUID]:
        """The items that are meant; ValidationError for none, too many, broken ones."""
        if self.request.POST.get("scope") != "all":
            return keys_from(self.request.POST)
        found = filter_items(self.revisions().newest(), self.request.GET)
        if found.errors:
            raise ValidationError("The filter is broken: correct it first.")
        keys = list(found.rows.order_by().values_list("key", flat=True)[: MOST_AT_ONCE + 1])
        if len(keys) > MOST_AT_ONCE:
            raise ValidationError(
                f"These are more than {MOST_AT_ONCE:,} items. Narrow the filter and go in parts."
            )
        return keys

    def tag(self, keys: list[uuid.UUID]) -> HttpResponse:
        tags = tags_from(self.request.POST)
        with edition(self.dataset, by=self.actor) as changing:
            n = changing.add_tags(keys, tags)
        return self.done(f"{items(n)} tagged {', '.join(tags)[:80]}.")

    def untag(self, keys: list[uuid.UUID]) -> HttpResponse:
        tags = tags_from(self.request.POST)
        with edition(self.dataset, by=self.actor) as changing:
            n = changing.remove_tags(keys, tags)
        return self.done(f"{', '.join(tags)[:80]} taken off {items(n)}.")

    def delete(self, keys: list[uuid.UUID]) -> HttpResponse:
        """Delete in a version of its own, so that undo takes back this and nothing else."""
        with edition(self.dataset, by=self.actor, apart=True) as changing:
            n = changing.remove(keys)
        if not n:
            return self.done("Nothing was deleted: these items were gone already.")
        made = self.dataset.version
        return self.done(f"{items(n)} deleted.", undo=f"{self.url('dataset-undo')}?made={made}")

    def done(self, text: str, undo: str = "") -> HttpResponse:
        return toasted(HttpResponse(status=204), text, undo=undo, event=CHANGED)


ACTS: dict[str, Any] = {
    "tag": ItemActView.tag,
    "untag": ItemActView.untag,
    "delete": ItemActView.delete,
}


class UndoView(OfDataset):
    """POST: restore the version before the one named, while that is still the newest."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        made = request.GET.get("made", "")
        with transaction.atomic():
            newest = locked(self.dataset, self.actor).version
            if made != str(newest) or newest == 1:
                return HttpResponse(status=409)
            restore(self.dataset, newest - 1, by=self.actor)
        return toasted(HttpResponse(status=204), "Undone.", event=CHANGED)


class ItemMoveView(OfDataset):
    """POST: put an item one up, one down, first or last."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        step = STEPS.get(request.POST.get("to", ""))
        if step is None:
            return toasted(HttpResponse(status=204), "Say where to.", level="error")
        with edition(self.dataset, by=self.actor) as changing:
            item = changing.rows().filter(key=kwargs["key"]).first()
            if item is None:
                raise Http404
            step(changing, item)
        return toasted(HttpResponse(status=204), "Moved.", event=CHANGED)


def up(changing: Edition, item: DatasetItem) -> None:
    above = list(before(changing, item)[:2])
    if above:
        changing.move(item, after=above[1] if len(above) > 1 else None)


def down(changing: Edition, item: DatasetItem) -> None:
    below = changing.rows().filter(position__gt=item.position).in_order().first()
    if below:
        changing.move(item, after=below)


def first(changing: Edition, item: DatasetItem) -> None:
    if before(changing, item).exists():
        changing.move(item, after=None)


def last(changing: Edition, item: DatasetItem) -> None:
    end = changing.rows().order_by("-position", "-id").first()
    if end and end.key != item.key:
        changing.move(item, after=end)


def before(changing: Edition, item: DatasetItem) -> Any:
    """The items above, the nearest first."""
    return changing.rows().filter(position__lt=item.position).order_by("-position", "-id")


STEPS: dict[str, Any] = {"up": up, "down": down, "top": first, "bottom": last}


def keys_from(form: QueryDict) -> list[uuid.UUID]:
    """The keys of a selection. Raises ValidationError for none, too many, broken ones."""
    texts = form.getlist("ids")
    if not texts:
        raise ValidationError("Select at least one item.")
    if len(texts) > MOST_AT_ONCE:
        raise ValidationError(f"Select at most {MOST_AT_ONCE:,} items.")
    try:
        return [uuid.UUID(text) for text in texts]
    except ValueError as error:
        raise ValidationError("The selection is broken: select again.") from error


def tags_from(form: QueryDict) -> list[str]:
    """The tags that were typed. Raises ValidationError for none and for broken ones."""
    found = Findings(None)
    tags = read_tags(found, "tags", form.get("tags", ""))
    if found.errors:
        raise ValidationError(found.errors[0].message)
    if not tags:
        raise ValidationError("Type a tag first.")
    return tags


def items(n: int) -> str:
    return f"{n:,} item" if n == 1 else f"{n:,} items"
