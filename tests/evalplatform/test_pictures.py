"""Pictures of numbers: what is drawn where, said in words, and nothing that the CSP refuses."""

from __future__ import annotations

import re

from django.template import Context, Template

from evalplatform.templatetags.pictures import heat_map, interval


def drawn(text: str, **context: object) -> str:
    return Template("{% load pictures %}" + text).render(Context(context))


def test_an_interval_is_drawn_on_its_scale_and_said_in_words() -> None:
    found = interval(0.5, 0.0, 0.75, "half", least=-1.0, reach=(-0.5, 1.0), marks=[0.8])

    assert (found["dot"], found["zero"], found["marks"]) == ("75.00%", "50.00%", ["90.00%"])
    assert found["bar"] == {"x": "50.00%", "width": "37.50%"}
    assert found["band"] == {"x": "25.00%", "width": "75.00%"}
    html = drawn("{% interval 0.25 0.1 0.4 said %}", said="a <quarter>")
    assert 'aria-label="a &lt;quarter&gt;"' in html
    assert 'cx="25.00%"' in html
    assert "style=" not in html


def test_what_has_no_value_or_no_interval_is_not_drawn_as_nought() -> None:
    nothing = interval(None, None, None, "none")
    assert (nothing["dot"], nothing["bar"], nothing["band"]) == (None, None, None)
    assert "<circle" not in drawn('{% interval None None None "none" %}')
    alone = interval(1.5, None, None, "one unit")
    assert (alone["dot"], alone["bar"]) == ("100.00%", None)


def test_cells_of_a_heat_map_are_stronger_the_nearer_they_are_to_one() -> None:
    cells = [{"value": value, "text": str(value)} for value in (0.0, 0.5, 1.0)]
    row = heat_map([{"label": "Eva", "cells": [*cells, None]}], "ABCD", "Pairs")["rows"][0]
    strengths = [float(cell["strength"]) for cell in row["cells"][:3]]
    assert strengths == sorted(strengths)
    assert strengths[-1] == 0.5
    assert row["cells"][3] is None


def test_a_heat_map_is_a_table_with_links_and_faint_cells() -> None:
    cell = {"value": 0.9, "text": "90%", "url": "/x", "detail": "n 12", "is_faint": True}
    rows = [{"label": "<Eva>", "cells": [cell, None, {"value": None, "text": "–"}]}]
    html = drawn('{% heat_map rows "ABC" "Pairs" %}', rows=rows)

    assert "<caption>Pairs</caption>" in html
    assert "&lt;Eva&gt;" in html
    assert '<a href="/x">90%</a>' in html
    assert html.count("heat__cell--faint") == 1
    assert html.count("<rect") == 1
    assert not re.search(r"style=|on\w+=", html)
