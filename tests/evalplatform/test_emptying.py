"""A test that commits finds the database as migrations left it, whatever the one before it did."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase

from evalplatform.audit.recording import record
from tests import emptying
from tests.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> dict[str, int]:
    """How many rows each table of the application holds, where it holds any."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            found[table] = cursor.fetchone()[0]
    return {table: n for table, n in found.items() if n and table not in emptying.KEPT}


@pytest.mark.parametrize("most", [emptying.MOST_BYTES, 0], ids=["few rows", "many rows"])
def test_every_row_goes_also_of_tables_that_refuse_it(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(emptying, "MOST_BYTES", most)
    cast = make_cast()
    with transaction.atomic():
        record(cast.olga, "team.update", cast.team)
    assert {"accounts_user", "audit_auditevent"} <= rows().keys()
    kept = (ContentType.objects.count(), Permission.objects.count())

    emptying.empty(TransactionTestCase())

    assert rows() == {}
    assert (ContentType.objects.count(), Permission.objects.count()) == kept
    assert min(kept) > 0
