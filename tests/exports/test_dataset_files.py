"""Datasets come back from their own files as they were, types and all."""

import io

import pytest
from hypothesis import example, given, settings

from datasets.formats import dataset_csv as csv_reader
from datasets.formats import dataset_json as json_reader
from datasets.formats.item_merging import merged, same
from datasets.formats.items import FieldCoverage, Item, ItemRecord
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError
from exports.formats import dataset_csv, dataset_json
from exports.formats.dataset_columns import KeyUse, plan_columns
from exports.formats.records import ItemTally
from tests.exports.dataset_items import ITEMS
from tests.exports.stored import plan_for, stored


def csv_file(items, *, is_safe=False):
    plan = plan_for(items)
    return "".join(dataset_csv.write(stored(items), ItemTally(), plan=plan, is_safe=is_safe))


def json_file(items):
    return b"".join(dataset_json.write(stored(items), ItemTally())).decode()


def lines_file(items):
    return b"".join(dataset_json.write_lines(stored(items), ItemTally())).decode()


def read(data, reader=csv_reader, **options):
    data = data.encode() if isinstance(data, str) else data
    found = [*reader.read(io.BytesIO(data), options=ReadOptions(**options))]
    assert [each for each in found if isinstance(each, RowError)] == []
    return [each.record for each in found if isinstance(each, Item)]


def said(items):
    """What the items say, apart from which fields the file gave."""
    return [item._replace(said=frozenset()) for item in items]


def assert_same(back, items):
    assert [*stored(back)] == [*stored(items)]
    for one, other in zip(said(back), said(items), strict=True):
        assert same(one, other)


@settings(max_examples=40, deadline=None)
@given(ITEMS)
def test_i10_a_csv_for_programs_reads_back_as_it_was(items):
    data = csv_file(items)
    back = read(data, unguard=False)
    assert_same(back, items)
    assert csv_file(back) == data


@settings(max_examples=40, deadline=None)
@given(ITEMS)
def test_i10_a_csv_for_spreadsheets_reads_back_as_it_was(items):
    data = csv_file(items, is_safe=True)
    back = read(data)
    assert_same(back, items)
    assert csv_file(back, is_safe=True) == data


@settings(max_examples=30, deadline=None)
@given(ITEMS)
def test_json_and_json_lines_read_back_as_they_were(items):
    for write in (json_file, lines_file):
        data = write(items)
        if not items and write is lines_file:
            continue  # an empty file
        back = read(data, json_reader)
        assert_same(back, items)
        assert write(back) == data


def updates(data, items):
    """The items after an upload of the file, without what is new."""
    stored = {item.public_id: item for item in items}
    found = [*csv_reader.read(io.BytesIO(data), options=ReadOptions())]
    assert [each for each in found if isinstance(each, RowError)] == []
    (coverage,) = [each for each in found if isinstance(each, FieldCoverage)]
    for each in found:
        if isinstance(each, Item):
            before = stored[each.record.public_id]
            yield before, merged(before, each.record, coverage)


ENCODINGS = {
    "as it is": str.encode,
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 big endian": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "Windows line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "UTF-16, Windows": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("is_safe", [True, False])
@settings(max_examples=10, deadline=None)
@given(items=ITEMS)
def test_rule_4_6_download_and_upload_of_the_same_file_is_no_change(name, is_safe, items):
    items = [item._replace(public_id=f"i{n}") for n, item in enumerate(items)]
    data = ENCODINGS[name](csv_file(items, is_safe=is_safe))
    for before, after in updates(data, items):
        assert after is before


def test_rule_4_6_a_file_saved_as_windows_1252_is_no_change():
    items = [ItemRecord("i", "naïve café – “hi”", "ça va", context={"é": "ü", "n": {"ö": 1}})]
    for before, after in updates(csv_file(items).encode("cp1252"), items):
        assert after is before


@settings(max_examples=20, deadline=None)
@example([])
@given(ITEMS)
def test_what_is_written_is_counted(items):
    tally = ItemTally()
    list(dataset_csv.write(stored(items), tally, plan=plan_for(items)))
    assert tally.n_rows == len(items)


def test_i8_a_cell_of_one_megabyte_comes_back():
    long = 'say "hi", then\n' * 70_000
    items = [ItemRecord("", long, long, history=({"role": "user", "content": long},))]
    assert_same(read(csv_file(items)), items)
    assert_same(read(json_file(items), json_reader), items)


def test_the_columns_of_a_file():
    items = [
        ItemRecord(
            "i-1",
            "q",
            "a",
            context={"topic": "x", "n": 1, "billing.plan": "pro"},
            participant_data={"address": {"city": "Vienna"}, "tasks": ["a"]},
            session_state={"count": 1},
            history=({"role": "user", "content": "h\nh"}, {"role": "assistant", "content": "i"}),
            tags=("x", "y"),
        )
    ]
    assert csv_file(items) == (
        "id,Human Message,AI Response,Datetime,History,tags,participant_data.address,"
        "participant_data.tasks,session_state,context,context.topic\n"
        'i-1,q,a,,"user: h\nh\nassistant: i","[""x"",""y""]","{""city"": ""Vienna""}","[""a""]",'
        '"{""count"": 1}","{""n"": 1, ""billing.plan"": ""pro""}",x\n'
    )


def test_keys_that_do_not_fit_a_title_or_have_other_values_share_a_json_column():
    uses = [
        KeyUse("context", "plain"),
        KeyUse("context", "number", comes_back=False),
        KeyUse("session_state", "a.b"),
        KeyUse("participant_data", "x"),
    ]
    plan = plan_columns(uses, ["summary"])
    assert plan.dotted == (("context", "plain"), ("participant_data", "x"))
    assert (plan.objects, plan.more) == (("context", "session_state"), ("summary",))
    many = plan_columns(KeyUse("context", f"k{n}") for n in range(201))
    assert (many.dotted, many.objects) == ((), ("context",))


def test_a_json_file_has_every_key_of_the_contract():
    (line,) = lines_file([ItemRecord("i", "q", "a", context={"big": 10**20})]).splitlines()
    assert line == (
        '{"id":"i","input":"q","output":"a","context":{"big": 100000000000000000000e0},'
        '"history":[],"participant_data":{},"session_state":{},"tags":[],"created_at":null}'
    )
    assert json_file([]) == "[]\n"
