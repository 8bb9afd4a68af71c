"""No pattern, schema or output keeps a check busy: time is up for it alone."""

import json
import os
import signal
import threading
import time
import urllib.request

import pytest

from datasets.operators import OPERATORS, OperatorError, apart

LIMIT = apart.SECONDS + 0.5
MANY_STATES = "|".join(f"a{{{n}}}b{{{n}}}" for n in range(1, 200))
LAUGHS = "a0: &a0 [x]\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)
)
MERGES = "a0: &a0 {k0: v}\n" + "\n".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], k{n}: v}}" for n in range(1, 60)
)


@pytest.fixture(autouse=True)
def _started():
    """The worker's start is no part of a check's time."""
    assert apart.decide("regex", "a", "a") == ""


def took(slug, output, criteria=""):
    began = time.monotonic()
    try:
        said = OPERATORS[slug].decide(output, criteria)
    except OperatorError as error:
        said = error
    return said, time.monotonic() - began


def test_i17_the_catastrophic_pattern_is_decided_at_once():
    said, seconds = took("regex", "a" * 50_000, r"(a+)+$")
    assert said == ""
    assert seconds < LIMIT
    said, seconds = took("regex", "a" * 50_000 + "!", r"(a+)+$")
    assert said == "The pattern is not found in the output."
    assert seconds < LIMIT


def test_i17_a_pattern_that_keeps_the_processor_busy_is_stopped_alone():
    said, seconds = took("regex", "a" * 200_000, MANY_STATES)
    assert isinstance(said, OperatorError)
    assert str(said) == (
        "This check was stopped after 1.5 seconds. "
        "Simplify its criteria, or check a shorter output."
    )
    assert seconds < LIMIT
    assert took("regex", "aab" + "c" * 50_000, MANY_STATES[:300])[0] == ""


def test_a_bad_pattern_errs_and_the_next_check_is_decided():
    with pytest.raises(OperatorError, match="not a regular expression"):
        OPERATORS["regex"].decide("a", "(")
    assert OPERATORS["regex"].decide("a", "a") == ""


def test_a_pattern_inside_a_schema_is_stopped():
    said, seconds = took("matches_json_schema", json.dumps("a" * 50 + "!"), '{"pattern": "(a+)+$"}')
    assert isinstance(said, OperatorError)
    assert "stopped after" in str(said)
    assert seconds < LIMIT


def test_a_schema_that_doubles_at_every_step_is_stopped():
    steps = {f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n - 1}"}] * 2} for n in range(1, 40)}
    schema = json.dumps({"$defs": {"s0": {}, **steps}, "$ref": "#/$defs/s39"})
    said, seconds = took("matches_json_schema", "1", schema)
    assert isinstance(said, OperatorError)
    assert seconds < LIMIT


def test_many_values_that_must_differ_are_bounded():
    output = json.dumps([{"n": n} for n in range(50_000)])
    said, seconds = took("matches_json_schema", output, '{"uniqueItems": true}')
    assert isinstance(said, OperatorError)
    assert seconds < LIMIT


def test_no_schema_opens_an_address(monkeypatch):
    asked = []
    monkeypatch.setattr(urllib.request, "urlopen", lambda *args, **options: asked.append(args))
    for schema in ('{"$ref": "http://127.0.0.1:9/s"}', '{"$dynamicRef": "http://127.0.0.1:9/s"}'):
        with pytest.raises(OperatorError, match="nothing is fetched"):
            apart_here(schema)
    assert asked == []


def apart_here(schema):
    from datasets.operators import schemas

    return schemas.validate("1", schema)


@pytest.mark.parametrize("output", [LAUGHS, MERGES], ids=["lists", "merges"])
def test_aliases_of_aliases_cost_no_more_than_their_text(output):
    said, seconds = took("valid_yaml", output)
    assert said == ""
    assert seconds < LIMIT


@pytest.mark.parametrize("piece", ["[", "[ ", "- ", "{a: ", "? ", "{? "])
def test_deep_yaml_is_refused_at_once(piece):
    said, seconds = took("valid_yaml", piece * (1_000_000 // len(piece)))
    assert isinstance(said, OperatorError) or "100 levels deep" in said or "A key is" in said
    assert seconds < LIMIT


@pytest.mark.parametrize(
    "output",
    [
        "a: b\n" * 250_000,
        "- a\n" * 250_000,
        "[" + "a," * 500_000 + "]",
        "a: '" + "x" * 1_000_000 + "'",
        "a: &a " * 160_000,
        "k" * 1_000_000 + ": v",
        "\n".join(f"k{n}: v" for n in range(100_000)),
    ],
    ids=range(7),
)
def test_a_megabyte_of_yaml_ends_in_time(output):
    _, seconds = took("valid_yaml", output)
    assert seconds < LIMIT


def test_deep_json_is_refused_at_once():
    said, seconds = took("valid_json", "[" * 1_000_000)
    assert "100 levels deep" in said
    assert seconds < LIMIT


def test_a_worker_that_was_killed_is_replaced():
    os.kill(apart._place.worker.process.pid, signal.SIGKILL)
    assert apart.decide("regex", "a", "a") == ""


def test_threads_share_the_worker_without_mixing_answers():
    wrong = []

    def ask(number):
        for _ in range(20):
            said = apart.decide("regex", f"n{number}", f"^n{number}$")
            if said:
                wrong.append((number, said))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []


def test_a_forked_process_has_a_worker_of_its_own():
    ours = apart._place.worker.process.pid
    child = os.fork()
    if not child:
        said = apart.decide("regex", "a", "a")
        theirs = apart._place.worker.process.pid
        apart._place.drop()
        os._exit(0 if said == "" and theirs != ours else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert apart.decide("regex", "a", "a") == ""
    assert apart._place.worker.process.pid == ours
