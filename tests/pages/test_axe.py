"""axe-core finds nothing serious on any page: those of the cast test, light and dark.

Parts that pages fetch are looked at in their pages. Left out is what others draw: Django's admin
and the reader of the API's description.
"""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from playwright.sync_api import Page

from tests.guards.product import all_routes
from tests.guards.routes import Line, expand, read_table
from tests.guards.world import World, address_of, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
FOREIGN = ("admin:", "api-")
GRAVE = ("serious", "critical")
# Only rules that find something grave are asked; and axe-core shall not fetch style sheets again
# (for a rule that it does not ask by default), relative to the page, where they are not.
RUN = """async (only) => {
    const grave = ({enabled, impact, tags}) =>
        enabled && ["serious", "critical"].includes(impact)
        && !tags.includes("experimental") && !tags.includes("deprecated");
    const values = only ?? axe._audit.rules.filter(grave).map((rule) => rule.id);
    const options = {
        resultTypes: ["violations"], preload: false, runOnly: {type: "rule", values},
    };
    const found = await axe.run(document, options);
    return found.violations.map(({id, impact, nodes}) => [id, impact, nodes.slice(0, 3).map(
        (node) => node.html.slice(0, 160) + " | " + (node.any[0]?.message ?? ""))]);
}"""

# No colour is on its way from the one scheme to the other.
AT_ONCE = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, ::before, ::after { transition: none !important }");
    document.adoptedStyleSheets = [sheet];
}"""


def pages_of(world: World) -> dict[str, str]:
    """Whole pages by their address, and who opens each."""
    routes, found = {route.name: route for route in all_routes()}, {}
    lines: list[Line] = expand(read_table(), list(routes))
    for line in lines:
        who = next((name for name in ("eva", "olga") if line.answers[name] == "ok"), None)
        if line.method != "GET" or who is None or line.route.startswith(FOREIGN):
            continue
        response: Any = world.ask(who, line, routes[line.route])
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.status_code == 200 and is_page and b"<html" in response.content:
            body = line.body and "?" + line.body
            found[address_of(routes[line.route], world.rows.get(line.row, {})) + body] = who
    return found


def grave_faults(page: Page, *only: str) -> list[str]:
    """What axe-core finds on the page as it is, of what keeps people out."""
    found = page.evaluate(RUN, list(only) or None)
    return [f"{name}: {nodes}" for name, impact, nodes in found if impact in GRAVE]


def test_nothing_serious_is_found_on_any_page(page: Page, live_server: Any) -> None:
    world, faults = make_world(), []
    pages = pages_of(world)
    for url, who in sorted(pages.items(), key=lambda each: each[1]):
        page.context.clear_cookies()
        value = world.cookies[who]
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
        )
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(live_server.url + url)
        page.evaluate(AXE_SCRIPT)
        faults += [f"{url}: {fault}" for fault in grave_faults(page)]
        page.evaluate(AT_ONCE)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        faults += [f"{url} (dark): {fault}" for fault in grave_faults(page, "color-contrast")]
    page.goto("about:blank")

    assert len(pages) > 40
    assert faults == []


def test_a_planted_fault_is_found(page: Page) -> None:
    page.set_content("<html lang=en><title>A</title><main><img src=x><input></main>")
    page.evaluate(AXE_SCRIPT)

    assert {fault.split(":")[0] for fault in grave_faults(page)} == {"image-alt", "label"}
