"""The texts of attached files, for checks that compare an output with them."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Sequence

from datasets.formats.items import CheckRecord
from datasets.models import Attachment
from evalplatform.scoping.actor import Actor

ABOUT_FILES = "consistent_with_docs"
MOST_BYTES = 200_000  # of one file that a judge is shown
KEPT = 20  # texts in memory: items of a dataset often share files


def wants_documents(checks: Sequence[CheckRecord]) -> bool:
    """Whether a check, or the condition of one, is about the files."""
    return any(ABOUT_FILES in (each.operator, each.conditional_operator) for each in checks)


class Documents:
    """Reads files of the datasets that the actor sees; those that hold no text are left out."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._kept: OrderedDict[uuid.UUID, tuple[str, str | None]] = OrderedDict()

    def of(self, ids: Sequence[uuid.UUID]) -> dict[str, str]:
        """Name -> text of these attachments, in their order."""
        found = (self._text(pk) for pk in ids)
        return {name: text for name, text in found if text is not None}

    def _text(self, pk: uuid.UUID) -> tuple[str, str | None]:
        if pk not in self._kept:
            self._kept[pk] = self._read(pk)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return self._kept[pk]

    def _read(self, pk: uuid.UUID) -> tuple[str, str | None]:
        row = Attachment.objects.visible_to(self.actor).filter(pk=pk).first()
        if row is None:
            return "", None
        try:
            with row.file.open("rb") as stream:
                return row.name, text_of(stream.read(MOST_BYTES + 1))
        except FileNotFoundError:
            return row.name, None


def text_of(data: bytes) -> str | None:
    """The text, cut where it is too long; None for bytes that are none."""
    is_cut = len(data) > MOST_BYTES
    try:
        text = data[:MOST_BYTES].decode("utf-8-sig", errors="ignore" if is_cut else "strict")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
