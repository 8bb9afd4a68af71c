"""The templates that a team starts with; from then on they are the team's own."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from evalplatform.accounts.models import Team
from runs.models import PromptTemplate
from runs.prompt_filling import Source

GIVEN = Path(__file__).with_name("prompt_templates.json")


@cache
def given() -> tuple[dict[str, Any], ...]:
    """The templates that come with the product."""
    return tuple(json.loads(GIVEN.read_text(encoding="utf-8")))


def ensure_templates(team: Team) -> None:
    """Give a team that has none the templates of the product; asked at once, once."""
    if PromptTemplate.all_rows.filter(team=team).exists():
        return
    rows = [PromptTemplate(team=team, **said) for said in given()]
    PromptTemplate.all_rows.bulk_create(rows, ignore_conflicts=True)


def source_of(row: PromptTemplate) -> Source:
    """A stored template as filling sees it."""
    return Source(
        template_key=row.template_key,
        category=row.category,
        subcategory=row.subcategory,
        title=row.title,
        text=row.text,
        values=row.values,
    )
