"""What templates need to show things the same way everywhere: icons, times, numbers, links."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from uuid import uuid4

import qrcode  # type: ignore[import-untyped]
from django import template
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86_400
DASH = "–"


@cache
def sprite() -> str:
    """The address of the icons, looked up once: a list page asks for a hundred of them."""
    return static("evalplatform/icons.svg")


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, label: str = "", large: bool = False) -> str:
    """An icon of the sprite; silent for screen readers unless it is given a label."""
    size = "icon icon--l" if large else "icon"
    href = f"{sprite()}#{name}"
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', size, label, href
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', size, href)


class OncePer(template.Node):
    """Renders its inside once for each value (with its type: marked text is not plain text)."""

    def __init__(self, inside: template.NodeList, values: list[template.base.FilterExpression]):
        self.nodelist = inside
        self.values = values

    def render(self, context: template.Context) -> str:
        of_this_rendering: Any = context.render_context
        known: dict[Any, str] = of_this_rendering.setdefault(self, {})
        key = tuple(_hashable(value.resolve(context)) for value in self.values)
        if key not in known:
            known[key] = self.nodelist.render(context)
        return known[key]


def _hashable(value: Any) -> Any:
    return (type(value), tuple(map(_hashable, value)) if isinstance(value, list) else value)


@register.tag
def once_per(parser: template.base.Parser, token: template.base.Token) -> OncePer:
    """`{% once_per row.status %}..{% endonce_per %}` in a loop: rows of one value share the text.

    The inside may depend on nothing of the row but these values. The texts live as long as one
    rendering of the template they are in; a loop that includes its row gains nothing.
    """
    values = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    if not values:
        raise template.TemplateSyntaxError("once_per needs a value: once per what?")
    inside = parser.parse(("endonce_per",))
    parser.delete_first_token()
    return OncePer(inside, values)


@register.simple_tag
def token_field() -> str:
    """A hidden token, new for each form rendered: the same form sent twice asks once."""
    return format_html('<input type="hidden" name="token" value="{}">', uuid4())


@register.simple_tag
def qr_code(text: str, label: str) -> str:
    """A QR code as inline SVG: the CSP takes no picture from a data: address."""
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    rows = code.get_matrix()
    dots = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on]
    return format_html(
        '<svg viewBox="0 0 {0} {0}" role="img" aria-label="{1}" shape-rendering="crispEdges">'
        '<path d="{2}"/></svg>',
        len(rows),
        label,
        "".join(dots),
    )


def relative(moment: datetime, now: datetime) -> str:
    """How long ago or ahead, in one unit; a date once that says more than a count of days."""
    seconds = (now - moment).total_seconds()
    ago, span = seconds >= 0, abs(seconds)
    if span < 45:
        return "just now" if ago else "in a moment"
    for unit, size, limit in (("min", MINUTE, HOUR), ("h", HOUR, DAY), ("d", DAY, 7 * DAY)):
        if span < limit:
            count = max(1, int(span // size))
            return f"{count} {unit} ago" if ago else f"in {count} {unit}"
    local, here = timezone.localtime(moment), timezone.localtime(now)
    return f"{local.day} {local:%b}" if local.year == here.year else f"{local.day} {local:%b %Y}"


@register.filter
def exact(moment: datetime | None) -> str:
    """The moment to the second, with its zone: 2026-03-02 14:05:11 UTC."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}" if moment else DASH


@register.simple_tag
def when(moment: datetime | str | None, absent: str = DASH) -> str:
    """A time element: relative to read, exact on hover; `absent` when there is no moment."""
    if not moment:  # '' is what a template gives for a name that is not there
        return absent
    if isinstance(moment, str):
        raise TypeError(f"{moment!r} is a text, not a moment.")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        exact(moment),
        relative(moment, timezone.now()),
    )


@register.filter
def thousands(number: float | str | None) -> str:
    """4310 -> 4,310; nothing -> a dash. Says no more decimals than two."""
    if number is None or number == "":
        return DASH
    if isinstance(number, str):
        return number
    return f"{number:,}" if isinstance(number, int) else f"{number:,.2f}"


@register.filter
def share(part: float | None, whole: float | None) -> str:
    """The part as a percentage of the whole: never 0% or 100% unless it is exactly that."""
    if part is None or not whole:
        return DASH
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "<1%"
    if 99 < percent < 100:
        return ">99%"
    return f"{percent:.0f}%"


@register.filter
def span(milliseconds: float | None) -> str:
    """A length of time given in milliseconds: 340 ms, 4.2 s, 3 min 05 s, 2 h 10 min."""
    if milliseconds is None:
        return DASH
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < HOUR:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // HOUR} h {whole % HOUR // 60:02d} min"


@register.filter
def undo_url(message: Any) -> str:
    """The address that takes back what a message tells of: from `extra_tags="undo:/url"`."""
    tags = str(getattr(message, "extra_tags", "") or "").split()
    return next((tag.removeprefix("undo:") for tag in tags if tag.startswith("undo:")), "")


@register.filter
def initials(name: str) -> str:
    """Up to two letters that stand for a person or a team."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def _query(context: template.Context) -> QueryDict:
    request = context.get("request")
    text = request.GET.urlencode() if request is not None else ""
    return QueryDict(text, mutable=True)


@register.simple_tag(takes_context=True)
def without(context: template.Context, name: str, value: str | None = None) -> str:
    """The address of this page without one filter, or one value of it, from the first page."""
    query = _query(context)
    kept = [one for one in query.getlist(name) if value is not None and one != str(value)]
    query.setlist(name, kept)
    if not kept:
        query.pop(name, None)
    for place in ("after", "before", "cursor", "page"):
        query.pop(place, None)
    return f"?{query.urlencode()}"


@register.inclusion_tag("components/_kept.html", takes_context=True)
def keep_query(context: template.Context, *but: str) -> dict[str, list[tuple[str, str]]]:
    """Hidden inputs for what the address says already, but the named: for a second GET form."""
    query = _query(context)
    dropped = {*but, "after", "before", "cursor", "page"}
    pairs = [(name, value) for name in query for value in query.getlist(name)]
    return {"pairs": [(name, value) for name, value in pairs if name not in dropped]}


@register.inclusion_tag("components/_progress.html")
def progress(
    job: Any, what: str = "", unit: str = "", poll_url: str = "", cancel_url: str = ""
) -> dict[str, Any]:
    """The one progress component, for anything with state, n_done, n_expected and started_at."""
    done, expected = job.n_done or 0, job.n_expected
    started = getattr(job, "started_at", None)
    rate, left = (
        pace(done, expected, started, timezone.now()) if job.state == "running" else (0, None)
    )
    return {
        "job": job,
        "what": what or getattr(job, "note", ""),
        "unit": unit,
        "rate": rate,
        "left": left,
        "poll_url": poll_url,
        "cancel_url": cancel_url,
        "is_over": job.state in {"done", "failed", "cancelled"},
    }


def pace(
    done: int, expected: int | None, started: datetime | None, now: datetime
) -> tuple[int, str | None]:
    """Rows a second so far, and the time left in words when it can be known."""
    passed = (now - started) / timedelta(seconds=1) if started else 0
    if passed < 2 or not done:
        return 0, None
    rate = done / passed
    if not expected or expected <= done:
        return round(rate), None
    return round(rate), rough((expected - done) / rate)


def rough(seconds: float) -> str:
    """A length of time as a person would say it of what is left."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * MINUTE:
        return f"{round(seconds / MINUTE)} min"
    return f"{seconds / HOUR:.1f} h"


@register.inclusion_tag("components/_bars.html")
def bars(
    rows: Iterable[Mapping[str, Any]], caption: str, whole: float | None = None, unit: str = ""
) -> dict[str, Any]:
    """Bars in a table. Rows: label, value, maybe url, tone, detail; `whole` is the full width."""
    listed = [dict(row) for row in rows]
    top = whole or max((row["value"] for row in listed), default=0) or 1
    for row in listed:
        row["width"] = f"{min(100, 100 * row['value'] / top):.2f}%"
        row["share"] = share(row["value"], whole) if whole else ""
    return {"rows": listed, "caption": caption, "unit": unit}


@register.inclusion_tag("components/_share_bar.html")
def share_bar(parts: Iterable[Mapping[str, Any]], label: str) -> dict[str, Any]:
    """One bar cut into shares, with a legend. Parts: label, value, tone, maybe url."""
    listed = [dict(part) for part in parts]
    total = sum(part["value"] for part in listed)
    at = 0.0
    for part in listed:
        width = 100 * part["value"] / total if total else 0
        part.update(x=f"{at:.3f}%", width=f"{width:.3f}%")
        at += width
    return {"parts": listed, "label": label, "total": total}
