"""Which sessions a file is about: filters or ids, at most so many, eval-ready ones only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from datasets.filters import NAMES, as_params, filter_sessions
from datasets.models import Session
from evalplatform.scoping.actor import Actor

MOST = 2**31 - 1
MOST_IDS = 10_000


@dataclass(frozen=True, kw_only=True)
class Selection:
    """`filters` are canonical (datasets.filters) and `session_ids` sorted; None: not by ids."""

    filters: Mapping[str, Any] = field(default_factory=dict)
    session_ids: tuple[str, ...] | None = None
    limit: int | None = None

    @classmethod
    def checked(
        cls,
        actor: Actor,
        *,
        filters: Mapping[str, Any] | None = None,
        session_ids: Iterable[str] | None = None,
        limit: int | None = None,
    ) -> Selection:
        """Read what a caller asked for; ValidationError names what is wrong with it."""
        narrowed = filter_sessions(actor, as_params(filters or {}), strict=True)
        if narrowed.errors:
            raise ValidationError(narrowed.errors)
        ids = None if session_ids is None else tuple(sorted(known_form(session_ids)))
        if ids and len(ids) > MOST_IDS:
            raise ValidationError({"sessionIds": f"Name at most {MOST_IDS:,}, or use filters."})
        return cls(filters=narrowed.canonical(), session_ids=ids, limit=limit)

    @classmethod
    def from_canonical(cls, kept: Mapping[str, Any]) -> Selection:
        """Read what `canonical` gave."""
        ids = kept.get("sessionIds")
        return cls(
            filters=kept.get("filters", {}),
            session_ids=None if ids is None else tuple(ids),
            limit=kept.get("limit"),
        )

    def canonical(self) -> dict[str, Any]:
        """Return it as plain JSON, equal for equal selections; what was not asked for is absent."""
        found: dict[str, Any] = {}
        if self.filters:
            found["filters"] = dict(sorted(self.filters.items()))
        if self.session_ids is not None:
            found["sessionIds"] = list(self.session_ids)
        if self.limit is not None:
            found["limit"] = self.limit
        return found

    def rows(self, actor: Actor) -> Any:
        """Return the sessions this actor may see and export, in no order and before the limit."""
        return self.chosen(actor).eval_ready()

    def chosen(self, actor: Actor) -> Any:
        """Return the same with those that are not eval-ready, to count what will be missing."""
        narrowed = filter_sessions(actor, as_params(self.filters))
        if narrowed.errors:
            raise ValidationError(narrowed.errors)
        rows = narrowed.qs
        return rows if self.session_ids is None else rows.filter(pk__in=self.session_ids)

    def limited_rows(self, actor: Actor) -> Any:
        """Return the newest of the rows, as many as the file is about; for counting."""
        rows = self.rows(actor)
        return rows.newest_first()[: self.limit] if self.limit else rows

    @property
    def text(self) -> str:
        """Return what was chosen, as a person says it, without what is always so."""
        said = {name: spoken(value) for name, value in self.filters.items()}
        parts = [f"{NAMES[k]}: {text}" for k, text in said.items() if (k, text) not in UNSAID]
        if self.session_ids is not None:
            n = len(self.session_ids)
            parts.insert(0, f"{n:,} chosen session{'' if n == 1 else 's'}")
        if self.limit:
            parts.append(f"the newest {self.limit:,}")
        return " · ".join(parts) or "All eval-ready sessions"


UNSAID = {("eval_ready", "1")}


def spoken(value: Any) -> str:
    """Return a filter's value or values as text."""
    values = value if isinstance(value, list) else [value]
    return " or ".join(str(one).replace("_", " ") for one in values)


def known_form(ids: Iterable[str]) -> set[str]:
    """Return the ids that can be ids at all: an impossible one is as absent as an unknown one."""
    found = set()
    for text in ids:
        try:
            found.add(str(UUID(text.strip())))
        except ValueError:
            continue
    return found


def any_eval_ready(actor: Actor) -> bool:
    """Say whether the actor sees any eval-ready session."""
    return bool(Session.objects.visible_to(actor).eval_ready().exists())
