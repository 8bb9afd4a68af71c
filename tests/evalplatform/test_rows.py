"""What lists use for their many rows says the same as what it stands for."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.urls import reverse
from django.utils.safestring import mark_safe

from evalplatform.row_urls import STAND_IN, row_urls


@pytest.mark.parametrize("slug", ["lighthouse", str(STAND_IN)])
def test_the_address_of_a_row_is_the_one_that_django_reverses(slug: str) -> None:
    pk = uuid.uuid4()
    assert row_urls("session-label", slug)(pk) == reverse("session-label", args=[slug, pk])


def shown(values: list[object]) -> str:
    source = "{% load ui %}{% for v in values %}{% once_per v %}{{ v }}{{ n }} {% endonce_per %}"
    return Template(source + "{% endfor %}").render(Context({"values": values, "n": counter()}))


def counter() -> SimpleNamespace:
    """Return what says how many times it was shown."""

    class Counter(SimpleNamespace):
        def __str__(self) -> str:
            self.n = getattr(self, "n", 0) + 1
            return str(self.n)

    return Counter()


def test_once_per_renders_its_inside_once_for_each_value() -> None:
    assert (
        shown(["a", "b", "a", ["x"], ["x"], None])
        == "a1 b2 a1 [&#x27;x&#x27;]3 [&#x27;x&#x27;]3 None4 "
    )


def test_once_per_never_gives_escaped_text_for_markup_or_markup_for_text() -> None:
    assert shown([mark_safe("<b>"), "<b>"]) == "<b>1 &lt;b&gt;2 "
    assert shown(["<b>", mark_safe("<b>")]) == "&lt;b&gt;1 <b>2 "


def test_once_per_keeps_nothing_from_one_page_to_the_next() -> None:
    template = Template(
        "{% load ui %}{% for v in values %}{% once_per v %}{{ who }}{% endonce_per %}{% endfor %}"
    )
    assert template.render(Context({"values": [1], "who": "Eva"})) == "Eva"
    assert template.render(Context({"values": [1], "who": "Emil"})) == "Emil"


def test_once_per_wants_a_value() -> None:
    with pytest.raises(TemplateSyntaxError, match="once per what"):
        Template("{% load ui %}{% once_per %}{% endonce_per %}")
