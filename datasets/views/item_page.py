"""One item to be read, in the newest version or an earlier one, and its attachments."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from datasets.attachment_sending import send_attachment
from datasets.item_forms import OBJECTS, write_object
from datasets.models import Attachment, DatasetItem, DatasetVersion, Session
from datasets.operators import OPERATORS
from datasets.views.dataset_page import DatasetPage, OfDataset


class ItemView(DatasetPage):
    """An item as it is; `?version=3` as it was then. One that is gone, as it was last."""

    template_name = "datasets/item.html"
    here = "items"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        item = self.item
        self.crumb = item.public_id
        return {
            "item": item,
            "is_newest": item.until_version is None and not self.version,
            "version": self.version,
            "share_url": f"{self.url('dataset')}?item={item.key}",
            "objects": [
                (name.replace("_", " ").capitalize(), write_object(value))
                for name in OBJECTS
                if (value := getattr(item, name))
            ],
            "checks": [(OPERATORS.get(each.operator), each) for each in item.check_records],
            "n_global": self.n_global_checks(),
            "files": self.files(),
            "session": self.session(),
        }

    @cached_property
    def version(self) -> int | None:
        """The version that the address names; 404 for one that is none."""
        text = self.request.GET.get("version", "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= self.dataset.version):
            raise Http404
        return int(text[:9])

    @cached_property
    def item(self) -> DatasetItem:
        rows = self.revisions().filter(key=self.kwargs["key"])
        found: DatasetItem | None
        if self.version:
            found = rows.at(self.version).first()
        else:
            found = rows.newest().first() or rows.order_by("-until_version").first()
        if found is None:
            raise Http404
        return found

    def n_global_checks(self) -> int:
        versions = DatasetVersion.objects.visible_to(self.actor).filter(dataset=self.dataset)
        number = self.version or self.dataset.version
        return len(versions.get(number=number).global_checks)

    def files(self) -> list[Attachment]:
        """The item's attachments in its order."""
        if not self.item.files:
            return []
        rows = Attachment.objects.visible_to(self.actor).filter(dataset=self.dataset)
        found = {each.pk: each for each in rows.filter(pk__in=self.item.files)}
        return [found[pk] for pk in self.item.files if pk in found]

    def session(self) -> Session | None:
        """Where the item comes from, when the reader may see it."""
        seen = Session.objects.visible_to(self.actor).filter(pk=self.item.session_id)
        found: Session | None = seen.only("id", "title").first() if self.item.session_id else None
        return found


class AttachmentView(OfDataset):
    """The bytes of an attachment, as a file to keep: never shown, never run."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        rows = Attachment.objects.visible_to(self.actor).filter(dataset=self.dataset)
        file = rows.filter(pk=kwargs["file"]).first()
        if file is None:
            raise Http404
        return send_attachment(file, by=self.actor)
