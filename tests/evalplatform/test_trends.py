"""Lines over time: where points stand, what is said of them, and what is drawn of nothing."""

from __future__ import annotations

from datetime import date

import pytest
from django.template import Context, Template

from evalplatform.templatetags.trends import places, said, segments, spark, spark_bars

DAYS = [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]


def test_points_stand_in_the_middle_of_their_step_and_gaps_are_bridged() -> None:
    values = [0.0, None, 1.0]
    assert places(values, 0, 1) == [("16.67%", "100.00%", 0.0), ("83.33%", "0.00%", 1.0)]
    assert segments(values, 0, 1) == [("16.67%", "100.00%", "83.33%", "0.00%")]
    assert segments([0.5], 0, 1) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0%"), (0.004, "0.4%"), (0.666, "67%"), (0.996, "99.6%"), (1.0, "100%")],
)
def test_a_share_is_never_told_as_all_or_nothing_unless_it_is(
    value: float | None, text: str
) -> None:
    assert said(value, is_share=True) == text


def test_a_trend_has_its_numbers_in_a_table_behind_it() -> None:
    series = [{"label": "Pass", "tone": "accent", "values": [0.5, None, 0.75], "of": [4, 0, 8]}]
    template = Template('{% load trends %}{% trend series days "Over time" %}')
    html = template.render(Context({"series": series, "days": DAYS}))
    assert html.count("<circle") == 2
    assert "<caption>Over time</caption>" in html
    assert '75% <span class="quiet">of 8</span>' in html
    assert "style=" not in html


def test_a_trend_of_nothing_says_so() -> None:
    series = [{"label": "Pass", "tone": "accent", "values": [None, None, None]}]
    template = Template('{% load trends %}{% trend series days "Over time" %}')
    html = template.render(Context({"series": series, "days": DAYS}))
    assert "Nothing to draw in these days." in html
    assert '<svg class="trend__box"' not in html


def test_small_lines_and_bars_say_in_words_what_they_show() -> None:
    assert 'aria-label="Means &lt;by&gt; week"' in spark([1, None, 3], "Means <by> week")
    assert "<line" not in spark([None], "Nothing")
    assert spark_bars([0, 2, 4], "Reviews").count("<rect") == 2
