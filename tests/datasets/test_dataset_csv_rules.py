"""Dataset CSV: the numbered rules of the contract, each under its number."""

import json
from datetime import UTC, datetime

import pytest

from datasets.formats.columns import ColumnMapping
from datasets.formats.dataset_rows import RowReader
from datasets.formats.item_merging import emptied, merged
from datasets.formats.items import Item, ItemRecord
from datasets.formats.options import ReadOptions
from tests.datasets.item_files import coverage, errors, findings, records, warnings

EXAMPLE = (
    "id,Human Message,AI Response,Datetime,History,participant_data.name,"
    "participant_data.tasks,session_state.count,context.topic\n"
    ',What is 2+2?,2+2 equals 4,2024-03-15T10:35:00Z,"user: Hello\nassistant: Hi there!",Jane,'
    '"[""Buy socks"", ""Feed the dog""]",1,arithmetic\n'
)
BASE = "Human Message,AI Response"


def one(header, *cells, **options):
    """The record of one row under the two needed columns and these."""
    row = ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)
    (record,) = records(f"{BASE},{header}\nq,a,{row}\n", **options)
    return record


def faults(header, *cells, **options):
    row = ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)
    return errors(f"{BASE},{header}\nq,a,{row}\n", **options)


def test_the_example_of_the_contract():
    assert records(EXAMPLE) == [
        ItemRecord(
            input="What is 2+2?",
            output="2+2 equals 4",
            context={"topic": "arithmetic"},
            history=(
                {"role": "user", "content": "Hello"},
                {"role": "assistant", "content": "Hi there!"},
            ),
            participant_data={"name": "Jane", "tasks": ["Buy socks", "Feed the dog"]},
            session_state={"count": "1"},
            created_at=datetime(2024, 3, 15, 10, 35, tzinfo=UTC),
            said=frozenset({"input", "output", "created_at", "history"}),
        )
    ]


# Rule 1: columns


def test_rule_4_1_titles_are_known_whatever_their_case_and_outer_spaces():
    (record,) = records(" human message ,AI RESPONSE,DateTime,history\nq,a,2024-01-01Z,\n".replace(
        "2024-01-01Z", "2024-01-01T00:00:00Z"))  # fmt: skip
    assert (record.input, record.output, record.created_at.year) == ("q", "a", 2024)


def test_rule_4_1_an_unmapped_column_is_a_context_key_in_lower_case_with_underscores():
    assert one("Customer Region", "EU").context == {"customer_region": "EU"}
    assert one("billing.plan", "pro").context == {"billing.plan": "pro"}


def test_rule_4_1_a_person_may_map_and_drop_columns():
    mapping = ColumnMapping({"Q": "input", "A": "output", "When": "created_at", "Secret": "drop",
                             "City": "participant_data.address.city"})  # fmt: skip
    (record,) = records("Q,A,When,Secret,City\nq,a,2024-01-01,x,Vienna\n", mapping=mapping)
    assert (record.input, record.context) == ("q", {})
    assert record.participant_data == {"address": {"city": "Vienna"}}
    assert ColumnMapping.from_json(json.loads(json.dumps(mapping.as_json()))) == mapping


@pytest.mark.parametrize(
    ("header", "column"), [("AI Response,x", "Human Message"), ("human message", "AI Response")]
)
def test_rule_4_1_both_texts_need_a_column(header, column):
    assert errors(f"{header}\nq,a\n"[: len(header) + 3]) == [
        (1, column, f'There is no column "{column}". Add it, or say which column holds it.')
    ]


@pytest.mark.parametrize(
    ("targets", "column", "message"),
    [
        ({"Nope": "input"}, "Nope", 'The file has no column "Nope". Choose one of its columns.'),
        ({"x": "mood"}, "x", '"mood" is no use of a column. Write a field, context.name or drop.'),
        (
            {"x": "input"},
            "x",
            'The columns "Human Message" and "x" are for the same place. '
            "Rename, drop or remap one of them.",
        ),
    ],
)
def test_rule_4_1_a_mapping_that_cannot_be_is_an_error_of_the_header(targets, column, message):
    assert errors(f"{BASE},x\nq,a,1\n", mapping=ColumnMapping(targets)) == [(1, column, message)]


# Rule 2: dots and JSON


def test_rule_4_2_dots_reach_any_depth():
    record = one("participant_data.address.city,participant_data.address.zip", "Vienna", "1010")
    assert record.participant_data == {"address": {"city": "Vienna", "zip": "1010"}}
    deep = ".".join("abcdefghijklmnopqrst")
    assert errors(f"{BASE},context.{deep}\nq,a,x\n") == []


def test_rule_4_2_a_dotted_column_beside_a_json_one_wins_for_its_key():
    record = one("context,context.b.c", '{"a": 1, "b": {"c": 2, "d": null}}', "x")
    assert record.context == {"a": 1, "b": {"c": "x", "d": None}}
    assert one("context,context.b", '{"a": 1, "b": 2}', "").context == {"a": 1, "b": 2}


def test_rule_4_2_objects_and_arrays_are_stored_as_such_and_the_rest_is_text():
    for text in ("1", "true", "null", '"x"', "0012", " x ", "[draft] idea", "{not json}"):
        assert one("context.k", text).context == {"k": text}
    assert one("context.k", ' {"a": [1, true, null]} ').context == {"k": {"a": [1, True, None]}}
    assert one("context.k", "[]").context == {"k": []}


def test_rule_4_2_values_are_read_as_json_when_that_is_on():
    for text, value in [("1", 1), ("1.5", 1.5), ("true", True), ("null", None), ('"x"', "x"),
                        ("0012", "0012"), ("plain", "plain")]:  # fmt: skip
        assert one("context.k", text, read_values_as_json=True).context == {"k": value}
        assert type(one("context.k", text, read_values_as_json=True).context["k"]) is type(value)


def test_rule_4_2_a_json_column_takes_an_object_or_nothing():
    assert one("context", "null").context == {}
    for text in ("[1]", "5", '"x"'):
        ((row, column, message),) = faults("context", text)
        assert (row, column) == (2, "context")
        assert message.startswith("This column holds JSON objects, this is ")
    ((_, _, message),) = faults("context", "{a: 1}")
    assert message.startswith("This is not valid JSON at character 2")


# Rule 3: history


def test_rule_4_3_lines_begin_with_a_role_and_others_go_on():
    cell = "User: Hi: you\nsecond\n\nfourth\n  ASSISTANT:Hello\n\n"
    assert one("History", cell).history == (
        {"role": "user", "content": "Hi: you\nsecond\n\nfourth"},
        {"role": "assistant", "content": "Hello"},
    )


def test_rule_4_3_windows_line_ends_and_empty_messages_in_a_history():
    assert one("History", "user:\r\nassistant: a\r\nb").history == (
        {"role": "user", "content": ""},
        {"role": "assistant", "content": "a\nb"},
    )


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("Hello\nuser: x", "The history begins without a role."),
        ("system: be kind\nuser: x", "A history holds no system lines."),
        ("user: x\nSystem: y", "A history holds no system lines."),
        ("[draft", "This is not valid JSON"),
        ('[{"role": "robot", "content": "x"}]', "The role of a message must be user or assistant."),
        ('[{"role": "user"}]', "The message has no content."),
        ('[{"role": "user", "content": 5}]', "This must be text, not a number."),
        ("[5]", "A message must be an object, not a number."),
    ],
)
def test_rule_4_3_a_history_that_cannot_be_read_is_an_error(cell, message):
    ((row, column, said),) = faults("History", cell)
    assert (row, column.partition("[")[0]) == (2, "History")
    assert said.startswith(message)


def test_rule_4_3_a_json_list_is_read_too():
    cell = '[{"role": "User", "content": "user: x"}, {"role": "tool", "content": ""}]'
    assert one("History", cell).history == (
        {"role": "user", "content": "user: x"},
        {"role": "tool", "content": ""},
    )


def test_rule_4_3_an_automatic_history_is_all_rows_above_and_a_filled_cell_wins():
    data = f'{BASE},History\nq1,a1,\n\nq2,a2,\nq3,a3,"user: own"\nq4,a4,\n'
    first, second, third, fourth = records(data, automatic_history=True)
    assert first.history == ()
    assert [each["content"] for each in second.history] == ["q1", "a1"]
    assert third.history == ({"role": "user", "content": "own"},)
    assert [each["content"] for each in fourth.history] == ["q1", "a1", "q2", "a2", "q3", "a3"]
    assert "history" in records(f"{BASE}\nq,a\n", automatic_history=True)[0].said


def test_rule_4_3_an_automatic_history_has_a_limit():
    found = errors(BASE + "\nq,a" * 1002, automatic_history=True)
    assert [row for row, _, _ in found] == [1002, 1003]
    assert found[0][2].startswith("A file read as one conversation has at most 1,000 rows.")


# Rule 4: updates by id

STORED = ItemRecord(
    public_id="i-1",
    input="q",
    output="a",
    context={"topic": "x", "place": {"city": "Vienna", "zip": 1}},
    history=({"role": "user", "content": "h"},),
    tags=("t",),
    created_at=datetime(2024, 1, 1, tzinfo=UTC),
)


def updated(data, stored=STORED, *, empty_cells_clear=False, **options):
    (record,) = records(data, **options)
    assert record.public_id == stored.public_id
    covered = coverage(data, **options)
    return merged(stored, record, covered, empty_cells_clear=empty_cells_clear)


def test_rule_4_4_a_row_without_id_is_new_and_one_with_an_id_is_known_by_it():
    new, known = records(f"id,{BASE}\n ,q,a\n i-1 ,q,a\n")
    assert (new.public_id, known.public_id) == ("", "i-1")


def test_rule_4_4_only_columns_of_the_file_change():
    assert updated(f"id,{BASE}\ni-1,new,a\n") == STORED._replace(input="new")
    after = updated(f"id,{BASE},context.place.city,context.new\ni-1,q,a,Graz,1\n")
    place = {"city": "Graz", "zip": 1}
    assert after == STORED._replace(context={"topic": "x", "place": place, "new": "1"})
    assert STORED.context["place"]["city"] == "Vienna"
    whole = updated(f'id,{BASE},context\ni-1,q,a,"{{""only"": 1}}"\n')
    assert whole.context == {"only": 1}


def test_rule_4_4_an_empty_cell_clears_only_when_that_is_ticked():
    data = f"id,{BASE},tags,History,Datetime,context.topic,context\ni-1,q,a,,,,,\n"
    assert updated(data) is STORED
    after = updated(data, empty_cells_clear=True)
    assert (after.tags, after.history, after.created_at, after.context) == ((), (), None, {})
    dotted = f"id,{BASE},context.topic,context.place.zip\ni-1,q,a,,\n"
    after = updated(dotted, empty_cells_clear=True)
    assert after.context == {"place": {"city": "Vienna"}}
    assert after.tags == ("t",)


def test_rule_4_4_an_update_that_changes_nothing_gives_the_stored_item():
    assert updated(f"id,{BASE},context.topic,tags\ni-1,q,a,x,t\n") is STORED
    numbers = STORED._replace(context={"n": 1})
    assert updated(f'id,{BASE},context\ni-1,q,a,"{{""n"":true}}"\n', numbers) is not numbers


def test_rule_4_4_an_id_twice_is_an_error():
    assert errors(f"id,{BASE}\ni-1,q,a\nI-1,q,a\ni-1,q,a\n") == [
        (3, "id", "This id differs from the one on row 2 in case only. Change one."),
        (4, "id", "This id stands on row 2 already. Give each row its own id."),
    ]


def test_rule_4_4_an_id_has_a_form():
    ((_, _, long), (_, _, hidden)) = errors(f"id,{BASE}\n{'x' * 65},q,a\na\u200bb,q,a\n")
    assert long.startswith("This id is longer than 64 characters.")
    assert hidden.startswith("This id holds invisible characters.")


# Rule 5: required cells


def test_rule_4_5_a_row_without_a_required_cell_is_an_error_with_its_number():
    assert errors(f"{BASE}\nq,a\n,a\nq, \n") == [
        (3, "Human Message", "The human message is empty. Write its text, or the id of an item."),
        (4, "AI Response", "The AI response is empty. Write its text, or the id of an item."),
    ]


def test_rule_4_5_an_item_with_an_id_may_be_empty_where_it_is_empty_already():
    data = f"id,{BASE}\ni-1,q,\n"
    empty = STORED._replace(output="")
    assert updated(data, empty) is empty
    assert emptied(empty, updated(data, empty, empty_cells_clear=True)) == ()
    assert emptied(STORED, updated(data, empty_cells_clear=True)) == ("output",)
    assert updated(data) is STORED


def test_rule_4_5_blank_rows_are_passed_over_and_counted():
    data = f"{BASE}\n\nq,a\n,\n ,\nq,\n"
    assert [each.row for each in findings(data) if isinstance(each, Item)] == [3]
    assert [row for row, _, _ in errors(data)] == [6]


def test_rule_4_5_every_error_of_a_file_is_found_in_one_pass():
    data = (
        f'id,{BASE},Datetime,History\nx,q,a,soon,nobody\nx,,a,"2024-02-30",""\n,,,x,\n1,2,3,4,5,6\n'
    )
    found = errors(data)
    assert [(row, column) for row, column, _ in found] == [
        (2, "History"), (2, "Datetime"), (3, "id"), (3, "Datetime"),
        (4, "Datetime"), (4, "Human Message"), (4, "AI Response"), (5, ""),
    ]  # fmt: skip


# Rule 6: tags and times


def test_rule_4_6_tags_are_a_json_list_or_one_tag():
    assert one("tags", '["a", "b, c"]').tags == ("a", "b, c")
    assert one("Tags", " a, b ").tags == ("a, b",)
    assert one("tags", "[wip]").tags == ("[wip]",)
    assert faults("tags", "[5]")[0][1] == "tags[0]"


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2024-03-15T10:35:00+02:00", datetime(2024, 3, 15, 8, 35, tzinfo=UTC)),
        ("1710498900000", datetime(2024, 3, 15, 10, 35, tzinfo=UTC)),
        ("2024-03-15 10:35:00.250Z", datetime(2024, 3, 15, 10, 35, 0, 250000, tzinfo=UTC)),
    ],
)
def test_i14_times_are_iso_8601_or_epoch(cell, moment):
    assert one("Datetime", cell).created_at == moment


@pytest.mark.parametrize("cell", ["2024-03-15T10:35:00", "2024-03-31T02:30:00"])
def test_i14_a_time_without_a_zone_is_utc_with_a_warning(cell):
    message = "This time has no zone: it is taken as UTC."
    assert warnings(f"{BASE},Datetime\nq,a,{cell}\n") == [(2, "Datetime", message)]


@pytest.mark.parametrize(
    "cell",
    ["2024-03-15T10:35:00+25:00", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "soon",
     "2023-02-29T00:00:00Z", "infinity", "99999999999999999999", "1e5", "15/03/2024"],
)  # fmt: skip
def test_i14_a_time_that_is_none_is_an_error(cell):
    ((row, column, _),) = faults("Datetime", cell)
    assert (row, column) == (2, "Datetime")


# Rule 7: marks against formulas


def test_rule_4_7_the_mark_is_taken_off_when_every_such_cell_carries_it():
    data = f"{BASE}\n'=1+1,''=x\n'-a,plain 'quoted'\n"
    assert [(each.input, each.output) for each in records(data)] == [
        ("=1+1", "'=x"),
        ("-a", "plain 'quoted'"),
    ]
    assert [message for _, _, message in warnings(data)] == [
        "Every cell that looks like a formula begins with a ' against it: it is taken off."
    ]
    assert coverage(data).is_unmarked


def test_rule_4_7_the_mark_stays_when_one_such_cell_has_none():
    data = f"{BASE}\n'=1+1,a\nq,- item\n"
    assert [each.input for each in records(data)] == ["'=1+1", "q"]
    assert warnings(data) == []


def test_rule_4_7_a_person_decides_otherwise():
    assert records(f"{BASE}\n'=1+1,a\n", unguard=False)[0].input == "'=1+1"
    mixed = f"{BASE}\n'=1+1,-a\n"
    assert records(mixed, unguard=True)[0][1:3] == ("=1+1", "-a")


# Names and hostile input


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Topic,context.topic", "context.topic"),
        ("context.a,context.a.b", "context.a.b"),
        ("context.a.b.c,context.a", "context.a"),
        ("Topic,topic", "topic"),
        ("History,history", "history"),
        ("CONTEXT,context", "context"),
    ],
)
def test_i9_two_columns_for_one_key_are_an_error(header, column):
    ((row, blamed, message),) = errors(f"{BASE},{header}\n")
    assert (row, blamed) == (1, column)
    assert "are for the same place" in message


@pytest.mark.parametrize(
    "title",
    ["context.__class__", "context.__proto__", "context.constructor", "context.a..b", "context.",
     "session_state.prototype.x", "__init__", "context." + ".".join("x" * 1000)],
)  # fmt: skip
def test_i9_names_that_cannot_be_keys_are_errors(title):
    ((row, column, message),) = errors(f"{BASE},{title}\nq,a,x\n")
    assert (row, column) == (1, title[:300])
    assert message.endswith((".", "possible."))


def test_i9_keys_inside_cells_are_held_to_the_same():
    assert faults("context", '{"a": {"__class__": 1}}')[0][1] == "context.a.__class__"
    assert faults("context.k", '[{"": 1}]')[0][1] == "context.k[0]."


def test_i9_a_dotted_column_beside_a_json_value_that_is_no_object_is_an_error():
    ((row, column, message),) = faults("context,context.a.b", '{"a": 5}', "x")
    assert (row, column) == (2, "context.a.b")
    assert message.startswith('The column "context" has a value that is no object around this key.')


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ('{"a": NaN}', "NaN is not a JSON number."),
        ('{"a": 1, "a": 2}', 'The key "a" stands twice in one object.'),
        ('["\\u0000"]', "This text holds a NUL character"),
        ('["\\ud800"]', "This text holds half of a surrogate pair"),
        ("[" + "9" * 30 + "]", "The integer"),
        ("[" * 101 + "]" * 101, "Values are nested more than 100 levels deep."),
        ("[" * 100_000 + "]" * 100_000, "Values are nested more than 100 levels deep."),
    ],
)
def test_i1_to_i5_hostile_json_in_a_cell_is_an_error(cell, message):
    ((row, column, said),) = faults("context.k", cell)
    assert (row, column.partition("[")[0].removesuffix(".a")) == (2, "context.k")
    assert said.startswith(message)


def test_i7_the_shape_of_the_file_is_checked_first():
    assert errors("")[0][2].startswith("The file is empty.")
    assert findings(f"{BASE}\n")[0].paths == {}
    assert errors(f'{BASE}\nq,"a\n')[0][0] == 2
    assert errors(f"{BASE},{BASE}\nq,a,q,a\n") == [
        (1, "Human Message", 'The column "Human Message" is there twice. Rename or remove one.'),
        (1, "AI Response", 'The column "AI Response" is there twice. Rename or remove one.'),
    ]


def test_i8_ten_thousand_columns_are_read_in_time():
    names = ",".join(f"context.a{n}.b" for n in range(9_998))
    (record,) = records(f"{BASE},{names}\nq,a,x\n")
    assert record.context == {"a0": {"b": "x"}}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "＝1", "=cmd|' /C x'!A0"]
)
def test_i10_cells_that_look_like_formulas_are_stored_as_they_are(text):
    assert one("context.k", text).context == {"k": text}


def test_i15_tags_are_one_after_nfc_and_case():
    assert one("tags", '["Caf\u00e9", "cafe\u0301", "x"]').tags == ("Café", "x")
    assert faults("tags", "a\u200bb")[0][2].startswith("This tag holds invisible characters.")


def test_the_options_come_back_from_what_is_stored():
    options = ReadOptions(mapping=ColumnMapping({"Q": "input"}), unguard=False)
    assert ReadOptions.from_json(json.loads(json.dumps(options.as_json()))) == options
    with pytest.raises(ValueError, match="unguard is true or false, not 5"):
        ReadOptions.from_json({"unguard": 5})
    assert RowReader(("Human Message", "AI Response"), ReadOptions())
