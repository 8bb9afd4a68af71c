"""Imports of files into datasets, as tests need them."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.base import ContentFile
from django.test import TestCase

from datasets.models import Dataset, DatasetImport
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor

CSV = """id,Human Message,AI Response,context.topic
,Which river crosses Vienna?,The Danube.,rivers
,Name a sea.,The Black Sea.,seas
"""
SUITE = """Test Id,Test Input,Right Answer,Tags,Operator,Criteria
,,,,grammar,
,,,,,
geo-1,Which river crosses Vienna?,The Danube,rivers,includes,Danube
,,,easy,excludes_exactly,Elbe
"""


def uploaded(
    data: str | bytes,
    by: Actor,
    *,
    into: Dataset | None = None,
    format_slug: str = "dataset-csv",
    name: str = "items.csv",
    **options: Any,
) -> DatasetImport:
    """An import of this file, not yet checked."""
    data = data.encode() if isinstance(data, str) else data
    return DatasetImport.upload(
        ContentFile(data, name=name),
        sha256=hashlib.sha256(data).hexdigest(),
        format_slug=format_slug,
        dataset=into,
        new_name="" if into else "Rivers",
        options=options,
        by=by,
    )


def checked(data: str | bytes, by: Actor, **told: Any) -> DatasetImport:
    """An import whose dry run is over."""
    row = uploaded(data, by, **told)
    assert row.check_job is not None
    return after(row, row.check_job)


def committed(row: DatasetImport, by: Actor) -> DatasetImport:
    """The import after somebody pressed save and the worker was there."""
    row.commit(by=by)
    row.refresh_from_db()
    assert row.commit_job is not None
    return after(row, row.commit_job)


def imported(data: str | bytes, by: Actor, **told: Any) -> Dataset:
    """The dataset after the whole import."""
    row = committed(checked(data, by, **told), by)
    assert row.state == row.State.COMMITTED, (row.commit_job and row.commit_job.error, row.report)
    assert row.dataset is not None
    row.dataset.refresh_from_db()
    return row.dataset


def after(row: DatasetImport, job: Job) -> DatasetImport:
    with TestCase.captureOnCommitCallbacks(execute=True):
        run_job(job.pk)
    found: DatasetImport = DatasetImport.all_rows.select_related(
        "check_job", "commit_job", "dataset"
    ).get(pk=row.pk)
    return found
