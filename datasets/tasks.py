"""Celery tasks of the evidence; the works of its jobs are registered by these imports."""

from celery import shared_task

from datasets import attaching, import_turns, item_searching, populating, searching
from datasets.models import DatasetImport, SessionImport


@shared_task(name="datasets.tasks.index_sessions")
def index_sessions() -> None:
    """Index what no job reached."""
    searching.SESSIONS.index_what_waits()
    item_searching.ITEMS.index_what_waits()


@shared_task(name="datasets.tasks.forget_imports")
def forget_imports() -> None:
    """Delete files of imports that nobody needs any more, and those they left behind."""
    import_turns.forget_old_files((SessionImport, DatasetImport))
    attaching.forget_unknown_files()


@shared_task(name="datasets.tasks.poll_rules")
def poll_rules() -> None:
    """Ask for a poll of each rule that is due, and forget what was kept long enough."""
    populating.poll_due()
    populating.forget_old_polls()
