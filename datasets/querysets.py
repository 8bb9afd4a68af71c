"""The nouns that sessions are narrowed by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import BooleanField, Case, Func, OuterRef, Q, Subquery, When
from django.db.models.functions import Left

from evalplatform.scoping.managers import ScopedQuerySet

LONGEST_OPENING = 90
STATUSES = ("golden", "correct", "incorrect", "needs_review", "unset")
TITLE_WORDS = SearchVector("title", config="simple")


class IsOneOf(Func):
    """SQL's `value = ANY(array)`; an index on the value answers it."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


class SessionQuerySet(ScopedQuerySet[Any]):
    """Sessions after the visibility rule."""

    def with_opening(self) -> Self:
        """Add how each untitled session begins: the first words its user said, as `opening`."""
        messages = self.model._meta.get_field("messages").related_model.all_rows
        said = messages.filter(session=OuterRef("pk"), role="user").order_by("position")
        words = Subquery(said.values(words=Left("content", LONGEST_OPENING))[:1])
        return self.annotate(opening=Case(When(title="", then=words)))

    def newest_first(self) -> Self:
        """Order as every list and export of sessions does."""
        return self.order_by("-started_at", "-id")

    def with_text(self, words: str) -> Self:
        """Keep sessions whose title or messages hold the words ("quoted phrases", -not).

        Those whose text waits to be indexed are found by their title.
        """
        query = SearchQuery(words, config="simple", search_type="websearch")
        waiting = Q(search=None, title_words=query)
        return self.alias(title_words=TITLE_WORDS).filter(Q(search=query) | waiting)

    def from_sources(self, names: Sequence[str]) -> Self:
        """Keep sessions of the sources with these names."""
        return self.filter(source__name__in=names)

    def not_made_by_runs(self) -> Self:
        """Keep what people and their tools held, not what a run of this platform did."""
        return self.exclude(source__kind="run")

    def with_models(self, names: Sequence[str]) -> Self:
        return self.filter(model__in=names)

    def in_projects(self, names: Sequence[str]) -> Self:
        return self.filter(project_name__in=names)

    def of_participants(self, identifiers: Sequence[str]) -> Self:
        return self.filter(participant_identifier__in=identifiers)

    def on_channels(self, names: Sequence[str]) -> Self:
        return self.filter(channel__in=names)

    def with_tags(self, tags: Sequence[str]) -> Self:
        """Keep sessions with one of the tags, on themselves or on their label.

        The labels' sessions are an array, found first: the database then reads two indexes of one
        table, where an OR over two tables would read every session.
        """
        labels = self.model._meta.get_field("label").related_model.all_rows
        labelled = labels.filter(tags__overlap=list(tags)).values("session")
        return self.filter(Q(tags__overlap=list(tags)) | Q(IsOneOf("pk", ArraySubquery(labelled))))

    def with_statuses(self, statuses: Sequence[str]) -> Self:
        """Keep sessions with one of the label statuses; `unset` is none, or no label at all."""
        wanted = Q(label__status__in=[status for status in statuses if status != "unset"])
        return self.filter(wanted | Q(label__status=None) if "unset" in statuses else wanted)

    def marked(self, wanted: Sequence[str]) -> Self:
        """Keep eval-ready sessions ("1"), the others ("0"), or both."""
        if set(wanted) == {"0", "1"}:
            return self
        return self.eval_ready() if "1" in wanted else self.exclude(label__is_eval_ready=True)

    def eval_ready(self) -> Self:
        """Keep sessions marked eval-ready."""
        return self.filter(label__is_eval_ready=True)

    def started_from(self, moment: datetime) -> Self:
        return self.filter(started_at__gte=moment)

    def started_before(self, moment: datetime) -> Self:
        return self.filter(started_at__lt=moment)
