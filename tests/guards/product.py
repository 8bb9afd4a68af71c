"""What the guards walk: our packages, models, source, templates and routes; and exemptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("evalplatform", "datasets", "runs", "reviews", "exports")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A rule broken at a place; the place is what an exemption names."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def unexcused(findings: Iterable[Finding], exemptions: Mapping[str, str]) -> list[str]:
    """Return the findings without an exemption, and the exemptions that excuse nothing any more."""
    found = sorted(findings)
    places = {finding.place for finding in found}
    open_ones = [str(finding) for finding in found if finding.place not in exemptions]
    stale = [f"{place}: stale exemption, remove it" for place in exemptions if place not in places]
    empty = [f"{place}: exempt without a reason" for place, why in exemptions.items() if not why]
    return open_ones + stale + empty


def our_models() -> list[type[models.Model]]:
    """Return every concrete model of our apps, many-to-many tables included."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.partition(".")[0] in PACKAGES
    ]


def source_files() -> Iterator[tuple[str, str]]:
    """Yield (path, text) of our Python files, migrations left out: they name no app code."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()


def template_files() -> Iterator[tuple[str, str]]:
    """Yield (path, text) of our templates."""
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.is_file():
            yield str(path.relative_to(ROOT)), path.read_text()


@dataclass(frozen=True, slots=True)
class Route:
    """One URL pattern: its full name (`admin:index`), its address, and what answers."""

    name: str
    address: str
    callback: Any

    @property
    def module(self) -> str:
        return str(getattr(self.answerer, "__module__", ""))

    @property
    def answerer(self) -> Any:
        """Return the view class behind as_view(), else the function."""
        for attribute in ("cls", "view_class"):
            if hasattr(self.callback, attribute):
                return getattr(self.callback, attribute)
        return getattr(self.callback, "func", self.callback)

    @property
    def actions(self) -> dict[str, str]:
        """Return method -> action of a viewset's route; {} for others."""
        return dict(getattr(self.callback, "actions", None) or {})


def all_routes() -> list[Route]:
    """Return every route of the platform: pages, API, sign-in and admin."""
    return list(walk(get_resolver().url_patterns))


def walk(
    patterns: Iterable[URLPattern | URLResolver], namespace: str = "", address: str = "/"
) -> Iterator[Route]:
    """Yield the routes under these patterns, with namespaces before their names."""
    for pattern in patterns:
        here = address + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from walk(pattern.url_patterns, inner, here)
        else:
            name = f"{namespace}{pattern.name}" if pattern.name else here
            yield Route(name, here, pattern.callback)


def hold(findings: Iterable[Finding], exemptions: Mapping[str, str]) -> None:
    """Fail with one line for each finding that has no exemption, and each stale exemption."""
    lines = unexcused(findings, exemptions)
    assert not lines, "\n".join(["", *lines])
