"""A large update ends although the planner knows nothing yet of the rows it has made itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from django.db import connection

from datasets.models import DatasetVersion
from tests.cast import make_cast
from tests.datasets.dataset_imports import checked, committed, imported

N_ITEMS = 12_000
TABLE = "ALTER TABLE datasets_datasetitem"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def no_statistics() -> Iterator[None]:
    """The server counts no rows meanwhile: an import is quicker than its turn to count."""
    with connection.cursor() as cursor:
        cursor.execute(f"{TABLE} SET (autovacuum_enabled = false)")
        yield
        cursor.execute(f"{TABLE} RESET (autovacuum_enabled)")


def test_an_update_of_every_item_takes_seconds_and_counts_them(no_statistics: None) -> None:
    eva = make_cast().eva
    rows = (f"q-{n},Question {n}?,The ferry was late.\n" for n in range(N_ITEMS))
    sheet = "id,Human Message,AI Response\n" + "".join(rows)
    dataset = imported(sheet, eva)
    began = time.perf_counter()

    row = committed(checked(sheet.replace("ferry", "train"), eva, into=dataset), eva)

    assert time.perf_counter() - began < 60  # a join of all with all took many minutes
    assert row.state == row.State.COMMITTED
    version = DatasetVersion.all_rows.get(dataset=dataset, number=3)
    assert (version.n_items, version.n_created, version.n_updated) == (N_ITEMS, 0, N_ITEMS)
