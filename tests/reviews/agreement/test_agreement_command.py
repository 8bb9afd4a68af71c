"""`manage.py agreement`: any table of ratings in long form, without a database."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

ROOT = Path(__file__).parent.parent.parent.parent
GOLDEN = [
    ("A", "1 2 3 3 2 1 4 1 2 . . ."),
    ("B", "1 2 3 3 2 2 4 1 2 5 . 3"),
    ("C", ". 3 3 3 2 3 4 2 2 5 1 ."),
    ("D", "1 2 3 3 2 4 4 1 2 5 1 ."),
]
FIXED_KEYS = [
    *("percent_agreement", "percent_agreement:pooled"),
    *(
        f"krippendorff_alpha:{level}"
        for level in ("nominal", "ordinal", "interval", "ratio", "masi", "jaccard")
    ),
    *("fleiss_kappa", "brennan_prediger"),
    *("gwet_ac", "gwet_ac:linear", "gwet_ac:quadratic", "gwet_ac:ordinal"),
    *("cohen_kappa", "cohen_kappa:linear", "cohen_kappa:quadratic"),
    *("scott_pi", "conger_kappa", "light_kappa"),
    *(f"icc:{form}" for form in ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")),
]


def long_csv(rows, header="unit,rater,value"):
    lines = [header]
    for rater, values in rows:
        for unit, value in enumerate(values.split(), 1):
            lines.append(f"u{unit:02},{rater},{'' if value == '.' else value}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def run(tmp_path):
    def run(text, *options, level="nominal"):
        path = tmp_path / "ratings.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = StringIO()
        call_command("agreement", str(path), "--level", level, *options, stdout=out)
        return out.getvalue()

    return run


@pytest.fixture
def found(run):
    def found(text, *options, level="nominal"):
        def refuse(constant):
            raise AssertionError(constant)

        text = run(text, "--json", *options, level=level)
        return json.loads(text, parse_constant=refuse)

    return found


@pytest.fixture
def refused(run):
    def refused(text, *options, level="nominal"):
        with pytest.raises(CommandError) as error:
            run(text, *options, level=level)
        return str(error.value)

    return refused


def test_it_runs_where_no_database_is(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text(long_csv(GOLDEN))
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", "agreement", str(path), "--level", "ratio", "--json"],
        cwd=ROOT,
        env=kept | {"EVALPLATFORM_HOME": "/nonexistent/home"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    quantities = json.loads(done.stdout)["quantities"]
    printed = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849, "ratio": 0.797}
    alphas = {level: quantities[f"krippendorff_alpha:{level}"]["value"] for level in printed}
    assert {level: round(alpha, 3) for level, alpha in alphas.items()} == printed


def test_numpy_is_not_loaded_by_django_itself():
    program = (
        "import django, sys; django.setup(); import evalplatform.urls, evalplatform.celery; "
        "sys.exit('numpy' in sys.modules)"
    )
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    settings = {"DJANGO_SETTINGS_MODULE": "evalplatform.settings", "SECRET_KEY": "k" * 50}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=kept | settings, check=False
    )
    assert done.returncode == 0


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_every_key_is_there_at_every_level_with_six_fields(found, level):
    report = found(long_csv(GOLDEN), level=level)
    assert (report["n_ratings"], report["n_units"], report["n_pairable_units"]) == (41, 12, 11)
    keys = list(report["quantities"])
    assert keys[: len(FIXED_KEYS)] == FIXED_KEYS
    rest = [key.split(":", 1) for key in keys[len(FIXED_KEYS) :]]
    assert [name for kind, name in rest if kind == "leave_one_out"] == list("ABCD")
    pairs = [name for kind, name in rest if kind == "pair_agreement"]
    assert pairs == ["A:B", "A:C", "A:D", "B:C", "B:D", "C:D"]
    assert [name for kind, name in rest if kind == "specific_agreement"] == list("12345")
    disputed = [name for kind, name in rest if kind == "unit_disagreement"]
    assert disputed[0] == "u06"
    assert len(disputed) == 11
    for key, each in report["quantities"].items():
        assert list(each) == ["value", "reason", "se", "ci_low", "ci_high", "n"], key
        assert (each["value"] is None) != (each["reason"] is None), key
    assert report["warnings"][0]["code"] == "few_units"


def test_numbers_that_the_level_does_not_allow_say_so(found):
    quantities = found(long_csv(GOLDEN))["quantities"]
    for key in ("krippendorff_alpha:ordinal", "gwet_ac:linear", "icc:2,1", "cohen_kappa"):
        assert quantities[key]["reason"] == "not_applicable"
    assert quantities["gwet_ac"]["value"] == pytest.approx(0.775, abs=0.001)


def test_two_raters_have_cohen_and_scott_by_position_on_the_declared_scale(found):
    text = long_csv([("A", "1 2 5 5 1"), ("B", "1 2 5 2 2")])
    seen, declared = (
        found(text, *options, level="ordinal")["quantities"]
        for options in ((), ("--values", "1,2,3,4,5"))
    )
    assert seen["cohen_kappa"] == declared["cohen_kappa"]
    assert seen["scott_pi"]["value"] < seen["cohen_kappa"]["value"] < 1
    first, second = np.array([1, 2, 5, 5, 1]), np.array([1, 2, 5, 2, 2])
    by_chance = (np.subtract.outer(first, second) ** 2).mean()
    by_hand = 1 - ((first - second) ** 2).mean() / by_chance
    assert declared["cohen_kappa:quadratic"]["value"] == pytest.approx(by_hand)
    assert seen["cohen_kappa:quadratic"]["value"] != pytest.approx(by_hand)


def test_other_column_titles_and_orders(found):
    text = 'who,why,item,"verdict, final"\nEva,x,1,pass\nEmil,y,1,fail\n'
    named = ("--unit", "item", "--rater", "who", "--value", "verdict, final")
    quantities = found(text, *named)["quantities"]
    assert quantities["krippendorff_alpha:nominal"]["value"] == 0.0
    assert quantities["pair_agreement:Emil:Eva"] == {
        **dict.fromkeys(("reason", "se", "ci_low", "ci_high")),
        "value": 0.0,
        "n": 1,
    }


def test_sets_with_the_empty_set_and_members_in_any_order(found):
    text = "unit,rater,value\n1,A,b|a\n1,B,a|b\n2,A,{}\n2,B,{}\n3,A,a\n3,B,a|b\n4,A,\n4,B,a\n"
    report = found(text, level="multi_label")
    assert (report["n_ratings"], report["n_units"], report["n_pairable_units"]) == (7, 4, 3)
    quantities = report["quantities"]
    assert quantities["percent_agreement"]["value"] == pytest.approx(2 / 3)
    # D_o: only unit 3 differs, by 1 - 1/2 * 2/3. D_e over the six sets {ab: 3, {}: 2, a: 1}.
    observed = (2 / 3) * 2 / 6
    expected = 2 * (3 * 2 * 1 + 3 * 1 * 2 / 3 + 2 * 1 * 1) / 30
    alpha = quantities["krippendorff_alpha:masi"]["value"]
    assert alpha == pytest.approx(1 - observed / expected)
    assert quantities["specific_agreement:{}"]["value"] == 1.0
    assert quantities["gwet_ac"]["reason"] == "not_applicable"


def test_the_order_of_rows_changes_nothing(found):
    lines = long_csv(GOLDEN).splitlines()
    turned = "\n".join([lines[0], *reversed(lines[1:])])
    assert found(turned, level="interval") == found(long_csv(GOLDEN), level="interval")


def test_numbers_are_not_called_rare(found):
    text = long_csv([("A", "1 1 1 1"), ("B", "1 1 1 1")])
    for level, codes in (("interval", ["few_units", "single_value"]), ("nominal", None)):
        warnings = [each["code"] for each in found(text, level=level)["warnings"]]
        assert warnings == (codes or ["few_units", "single_value", "rare_category"])


def test_full_precision_and_a_table_for_people(run, found):
    text = long_csv(GOLDEN)
    value = found(text)["quantities"]["krippendorff_alpha:nominal"]["value"]
    assert value == pytest.approx(0.743421052631579, abs=1e-15)
    shown = run(text).splitlines()
    assert shown[0].startswith("41 ratings of 12 units by 4 raters; 11 units were rated twice")
    [line] = [line for line in shown if line.startswith("krippendorff_alpha:nominal")]
    assert line.split() == ["krippendorff_alpha:nominal", "0.7434", "0.3361", "to", "0.9294", "11"]
    assert any(line.split() == ["icc:1,1", "-", "not_applicable"] for line in shown)
    assert "  few_units: Only 11 units were rated twice: intervals are wide." in shown


@pytest.mark.parametrize(
    ("text", "level", "options", "says"),
    [
        ("unit,who,value\n", "nominal", (), 'row 1, rater: The column "rater" is not in the '
         "header. Name the column of the rater with --rater; the file has: unit, who, value."),
        ("", "nominal", (), "the file has: no header"),
        ("unit,rater,value,rater\n", "nominal", (), 'The column "rater" is twice in the header.'),
        ("unit,rater,value\n1,A,x,y\n", "nominal", (), "row 2: The row has 4 cells, the header 3."),
        ("unit,rater,value\n1,,x\n", "nominal", (), "row 2, rater: This is empty."),
        ("unit,rater,value\n1,A,x\n\n1,A,y\n", "nominal", (),
         'row 4, value: "A" rated unit "1" in row 2 already. Keep one of the two. Found: y'),
        ("unit,rater,value\n1,A,4\n", "ordinal", ("--values", "1,2,3"),
         "row 2, value: This is none of the declared values (1, 2, 3)."),
        ("unit,rater,value\n1,A,low\n", "ordinal", (), "needs them in order: --values low,middle"),
        ("unit,rater,value\n1,A,nan\n", "interval", (), "This is not a number. Write it with"),
        ('unit,rater,value\n1,A,"1,5"\n', "interval", (), "and a decimal point. Found: 1,5"),
        ("unit,rater,value\n1,A,1e999\n", "interval", (), "This is too large or too small"),
        ("unit,rater,value\n1,A,-1\n", "ratio", (), "A ratio scale has no numbers below 0."),
        ("unit,rater,value\n1,A,a||b\n", "multi_label", (), 'Each label stands once between "|"'),
        ("unit,rater,value\n1,A,a|z\n", "multi_label", ("--values", "a,b"), "z: not among the"),
        ("unit,rater,value\n", "ordinal", ("--values", "1,1"), "--values: Each value is declared"),
        ('unit,rater,value\n1,A,"x\n', "nominal", (), "This is not CSV: unexpected end of data."),
        (b"unit,rater,value\n1,A,\xff\n", "nominal", (), "The text is not UTF-8."),
    ],
)  # fmt: skip
def test_a_table_with_faults_is_refused_with_row_column_value_and_remedy(
    refused, text, level, options, says
):
    said = refused(text, *options, level=level)
    assert "ratings.csv is refused:" in said
    assert says in said


def test_all_faults_are_told_up_to_a_hundred(refused):
    rows = "".join(f"{unit},A,x\n" for unit in range(150))
    said = refused("unit,rater,value\n" + rows, level="interval")
    assert said.count("This is not a number") == 100
    assert said.endswith("and 50 more")


def test_a_file_that_is_not_there():
    with pytest.raises(CommandError, match=r"nowhere.csv cannot be read: No such file"):
        call_command("agreement", "nowhere.csv", "--level", "nominal")


def test_nothing_but_a_header_is_no_fault(found):
    report = found("unit,rater,value\n", level="interval")
    assert {each["reason"] for each in report["quantities"].values()} == {
        "no_data",
        "not_applicable",
    }
    assert report["warnings"] == []


def test_words_of_an_ordinal_scale_and_numbers_written_differently(found):
    words = found(
        long_csv([("A", "low high middle"), ("B", "low high high")]),
        *("--values", "low,middle,high"),
        level="ordinal",
    )
    numbers = found(long_csv([("A", "1 3.0 2"), ("B", "01 3 3")]), level="ordinal")
    key = "krippendorff_alpha:ordinal"
    assert words["quantities"][key] == numbers["quantities"][key]
    assert words["quantities"][key]["value"] > 0.5


def test_a_number_has_one_name_however_it_is_written(found):
    text = "unit,rater,value\n1,A,01.50\n1,B,1.5\n2,A,2.0\n2,B,3\n"
    for lines in (text, "\n".join([text.splitlines()[0], *reversed(text.splitlines()[1:])])):
        keys = found(lines, level="interval")["quantities"]
        names = [key.split(":")[1] for key in keys if key.startswith("specific_agreement")]
        assert names == ["1.5", "2", "3"]


def test_disputed_numbers_are_measured_against_the_declared_range(found):
    text = "unit,rater,value\n1,A,1\n1,B,2\n2,A,2\n2,B,2\n"
    for options, apart in (((), 1.0), (("--values", "0,1,2,5"), 0.2)):
        quantities = found(text, *options, level="interval")["quantities"]
        assert quantities["unit_disagreement:1"]["value"] == apart


def test_thousands_of_names_have_alpha_and_percentages(found):
    rows = [
        ("A", " ".join(f"word{at}" for at in range(3000))),
        ("B", " ".join(f"word{at + at % 2}" for at in range(3000))),
    ]
    quantities = found(long_csv(rows))["quantities"]
    assert quantities["percent_agreement"]["value"] == 0.5
    assert quantities["krippendorff_alpha:nominal"]["value"] == pytest.approx(0.5, abs=0.001)
    assert quantities["light_kappa"]["reason"] == "not_applicable"


def test_many_distinct_numbers_are_no_categories(found):
    rows = [
        ("A", " ".join(map(str, range(250)))),
        ("B", " ".join(f"{value}.5" for value in range(250))),
    ]
    quantities = found(long_csv(rows), level="ratio")["quantities"]
    assert quantities["fleiss_kappa"]["reason"] == "not_applicable"
    assert quantities["krippendorff_alpha:interval"]["value"] > 0.99
    assert quantities["icc:2,1"]["value"] > 0.99
