"""What a reviewer judges: the session or the row of a run, and nothing that was said of it.

Whoever was given an item reads the evidence under it, whatever they see elsewhere; the item was
found in `QueueItem.objects.visible_to(actor)` before. Of checks, the verdicts come along only when
they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datasets.conversation import Part, as_json, part_of_messages
from datasets.models import Attachment, Message
from reviews.models import QueueItem
from runs.models import CheckResult, RunItem
from runs.run_item_showing import checks_of, history_of, shown, texts_of, traces_of

MACHINE = (
    *("auto_eval", "is_passed", "confidence", "feedback", "extracted", "state"),
    *("edited_auto_eval", "edited_feedback", "edited_by", "edited_at", "stands"),
)


def material_of(item: QueueItem, *, is_raw: bool, start: int = 0) -> dict[str, Any]:
    """What the middle of the page shows."""
    if item.run_item:
        return material_of_row(item.run_item, is_raw=is_raw)
    session = item.session
    assert session is not None
    traces = (("Participant", session.participant), ("Session state", session.session_state))
    return {
        "session": session,
        "part": messages_of(item, is_raw=is_raw, start=start),
        "traces": [(name, as_json(value)) for name, value in traces if value],
    }


def messages_of(item: QueueItem, *, is_raw: bool, start: int = 0) -> Part:
    """Messages of the item's session."""
    return part_of_messages(_messages(item), is_raw=is_raw, start=start)


def whole_text_of(item: QueueItem, name: str) -> str | None:
    """The whole of one text: `prompt`, `response` ... of a row, `12` the message at position 12."""
    if item.run_item:
        said = texts_of(item.run_item).get(name)
        return said[1] if said else None
    if not (name.isascii() and name.isdigit() and len(name) <= 9):
        return None
    found: str | None = (
        _messages(item).filter(position=int(name)).values_list("content", flat=True).first()
    )
    return found


def attachments_of(item: QueueItem) -> Any:
    """The files of the dataset's item that the row asks of."""
    return files_of_row(item.run_item)


def files_of_row(row: RunItem | None) -> Any:
    """The same for a row that the actor was given, or sees."""
    if row is None or row.item is None or not row.item.files:
        return Attachment.all_rows.none()
    return Attachment.all_rows.filter(pk__in=row.item.files, dataset=row.item.dataset_id)


def checks_to_review(item: QueueItem) -> list[dict[str, Any]]:
    """The checks of the row that have a verdict, in order, as the run's pages show them."""
    if not item.run_item_id:
        return []
    rows = CheckResult.all_rows.filter(run_item=item.run_item_id, state=CheckResult.State.DONE)
    return checks_of(rows.select_related("edited_by").order_by("position"))


def checks_of_all(items: Sequence[QueueItem]) -> dict[Any, list[dict[str, Any]]]:
    """The same of many items, by the row they are of: one query."""
    rows = [item.run_item_id for item in items if item.run_item_id]
    results = CheckResult.all_rows.filter(run_item__in=rows, state=CheckResult.State.DONE)
    grouped: dict[Any, list[CheckResult]] = {}
    for result in results.order_by("position"):
        grouped.setdefault(result.run_item_id, []).append(result)
    return {row: checks_of(found) for row, found in grouped.items()}


def without_verdicts(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The checks less everything that the machine, or who corrected it, said."""
    kept = []
    for check in checks:
        result = check["result"]
        bare = CheckResult(pk=result.pk)
        for field in CheckResult._meta.concrete_fields:
            if field.attname not in _MACHINE_COLUMNS:
                setattr(bare, field.attname, getattr(result, field.attname))
        said = {"chip": None, "original": None, "is_next": False}
        kept.append({**check, "result": bare, **said})
    return kept


_MACHINE_COLUMNS = {*MACHINE, "edited_by_id"}


def _messages(item: QueueItem) -> Any:
    return Message.all_rows.filter(session=item.session_id)


def material_of_row(row: RunItem, *, is_raw: bool) -> dict[str, Any]:
    """What was asked and answered in a row of a run."""
    return {
        "row": row,
        "texts": [shown(name, *said, is_raw=is_raw) for name, said in texts_of(row).items()],
        "history": history_of(row, is_raw=is_raw),
        "traces": traces_of(row),
    }
