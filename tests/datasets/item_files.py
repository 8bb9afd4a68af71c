"""Reading datasets from texts, for tests."""

import io

from datasets.formats import dataset_csv
from datasets.formats.items import FieldCoverage, Item
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, RowWarning


def findings(data, read=dataset_csv.read, **options):
    data = data.encode() if isinstance(data, str) else data
    return [*read(io.BytesIO(data), options=ReadOptions(**options))]


def records(data, read=dataset_csv.read, **options):
    found = findings(data, read, **options)
    assert [each for each in found if isinstance(each, RowError)] == []
    return [each.record for each in found if isinstance(each, Item)]


def errors(data, read=dataset_csv.read, **options):
    found = findings(data, read, **options)
    return [(e.row, e.column, e.message) for e in found if isinstance(e, RowError)]


def warnings(data, read=dataset_csv.read, **options):
    found = findings(data, read, **options)
    return [(e.row, e.column, e.message) for e in found if isinstance(e, RowWarning)]


def coverage(data, **options):
    (found,) = [each for each in findings(data, **options) if isinstance(each, FieldCoverage)]
    return found
