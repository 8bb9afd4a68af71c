"""The analysis as the API gives it: the same numbers as its pages."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from reviews.analysis.registry import CONFIDENCES, LANES


class Number(serializers.Serializer[Any]):
    """A mean over `n` cells with its 95 % interval; without a value, `reason` says why."""

    value = serializers.FloatField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    se = serializers.FloatField(allow_null=True)
    ciLow = serializers.FloatField(source="ci_low", allow_null=True)  # noqa: N815
    ciHigh = serializers.FloatField(source="ci_high", allow_null=True)  # noqa: N815
    n = serializers.IntegerField()


class ScopeRow(serializers.Serializer[Any]):
    """The days that were looked at, both counted, and what narrows them."""

    dateFrom = serializers.DateField(source="first")  # noqa: N815
    dateTo = serializers.DateField(source="last")  # noqa: N815
    step = serializers.ChoiceField(choices=("day", "week", "month"))
    category = serializers.CharField(allow_null=True)
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    reviewer = serializers.UUIDField(allow_null=True)


class PartRow(serializers.Serializer[Any]):
    """The numbers of one step (named by its first day), category, source or reviewer."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    runs = serializers.IntegerField(source="n_runs")
    items = serializers.IntegerField(source="n_items")
    itemsPassed = serializers.IntegerField(source="items_passed")  # noqa: N815
    checks = serializers.IntegerField(source="n_checks")
    checksPassed = serializers.IntegerField(source="checks_passed")  # noqa: N815
    answers = serializers.IntegerField(source="n_said")
    flagged = serializers.IntegerField(source="n_flagged")
    judged = serializers.IntegerField(source="n_judged")
    judgedPassed = serializers.IntegerField(source="judged_passed")  # noqa: N815
    reviewersAgree = Number(source="between")  # noqa: N815
    machineAgrees = Number(source="with_machine")  # noqa: N815


class RatingRow(serializers.Serializer[Any]):
    """The ratings of one criterion; `means` has one for each step, null without ratings."""

    criterion = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    n = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    means = serializers.ListField(child=serializers.FloatField(allow_null=True))


class QualityRow(serializers.Serializer[Any]):
    """Pass rates, ratings and agreement."""

    scope = ScopeRow()
    whole = PartRow()
    steps = PartRow(source="by_step", many=True)
    categories = PartRow(source="by_category", many=True)
    sources = PartRow(source="by_source", many=True)
    reviewers = PartRow(source="by_reviewer", many=True)
    ratings = RatingRow(many=True)


class ReviewerWorkRow(serializers.Serializer[Any]):
    """One person's part; `paceSeconds` is the median from opening an item to its first save."""

    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    saved = serializers.IntegerField(source="n_saved")
    queues = serializers.IntegerField(source="n_queues")
    edits = serializers.IntegerField(source="n_edits")
    dirty = serializers.IntegerField(source="n_dirty")
    lastAt = serializers.DateTimeField(source="last_at", allow_null=True)  # noqa: N815
    paceSeconds = serializers.FloatField(source="pace", allow_null=True)  # noqa: N815
    held = serializers.IntegerField(source="n_held")
    oldestHeldAt = serializers.DateTimeField(source="oldest", allow_null=True)  # noqa: N815
    skipped = serializers.IntegerField(source="n_skipped")
    declined = serializers.IntegerField(source="n_declined")
    askedIn = serializers.IntegerField(source="n_asked")  # noqa: N815
    waiting = serializers.IntegerField(source="n_waiting")
    waitingIsMore = serializers.BooleanField(source="is_more")  # noqa: N815
    settled = serializers.IntegerField(source="n_settled")
    differsFromFinal = serializers.IntegerField(source="n_other")  # noqa: N815
    agreement = Number()


class TeamRow(serializers.Serializer[Any]):
    """What each reviewer has done, what waits, pace, and their own agreement."""

    scope = ScopeRow()
    reviewers = ReviewerWorkRow(many=True)


class SpreadOfField(serializers.Serializer[Any]):
    """How many of `n` saved labels say each value, and how far people who label one row agree."""

    name = serializers.CharField()
    n = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())
    mean = serializers.FloatField(allow_null=True)
    agreement = Number()


class IntentAndAffect(serializers.Serializer[Any]):
    """How many saved labels say both."""

    intent = serializers.CharField()
    guestAffect = serializers.CharField(source="guest_affect")  # noqa: N815
    n = serializers.IntegerField()


class ObservatoryRow(serializers.Serializer[Any]):
    """How saved behavioral labels of the whole team are spread."""

    scope = ScopeRow()
    labels = serializers.IntegerField(source="n_labels")
    items = serializers.IntegerField(source="n_items")
    reviewers = serializers.IntegerField(source="n_reviewers")
    spreads = SpreadOfField(many=True)
    intentByAffect = IntentAndAffect(source="both", many=True)  # noqa: N815


class ConfidenceRow(serializers.Serializer[Any]):
    """How many memberships have each confidence."""

    high = serializers.IntegerField()
    medium = serializers.IntegerField()
    low = serializers.IntegerField()


class SuggestedDatasetRow(serializers.Serializer[Any]):
    """A dataset that rows seem to belong to; `share` is of all rows that were looked at."""

    name = serializers.CharField()
    n = serializers.IntegerField()
    share = serializers.FloatField()
    confidence = ConfidenceRow()
    overmatching = serializers.BooleanField(source="is_overmatching")
    weak = serializers.BooleanField(source="is_weak")


class WatchRow(serializers.Serializer[Any]):
    """Something to look at with care."""

    kind = serializers.ChoiceField(choices=("overmatching", "weak_matches", "too_many_datasets"))
    about = serializers.CharField()
    message = serializers.CharField()
    n = serializers.IntegerField()


class MembershipRow(serializers.Serializer[Any]):
    """One dataset that a row seems to belong to: from which field, why, and how surely."""

    dataset = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    reason = serializers.CharField()
    confidence = serializers.ChoiceField(choices=CONFIDENCES)


class SuggestedRow(serializers.Serializer[Any]):
    """A row with its suggested datasets and lane."""

    runItemId = serializers.UUIDField(source="evidence.pk")  # noqa: N815
    publicId = serializers.CharField(source="evidence.public_id")  # noqa: N815
    runId = serializers.UUIDField(source="evidence.run")  # noqa: N815
    lane = serializers.ChoiceField(choices=tuple(LANES))
    laneReason = serializers.CharField(source="lane_reason")  # noqa: N815
    memberships = MembershipRow(many=True)


class RegistryRow(serializers.Serializer[Any]):
    """Suggested datasets and lanes; `cut` when only the newest rows were looked at."""

    scope = ScopeRow()
    cut = serializers.BooleanField(source="is_cut")
    items = serializers.IntegerField(source="summary.n_items")
    runs = serializers.IntegerField(source="summary.n_runs")
    memberships = serializers.IntegerField(source="summary.n_memberships")
    confidence = ConfidenceRow(source="summary.confidence")
    datasets = SuggestedDatasetRow(source="summary.datasets", many=True)
    lanes = serializers.DictField(source="summary.lanes", child=serializers.IntegerField())
    watch = WatchRow(source="summary.watch", many=True)
    matching = serializers.IntegerField()
    rows = SuggestedRow(source="shown", many=True)


class CountRow(serializers.Serializer[Any]):
    """A bar: how many rows."""

    label = serializers.CharField()  # type: ignore[assignment]
    n = serializers.IntegerField()


class BeforeRow(serializers.Serializer[Any]):
    """A run of the same configuration or dataset, and how many of its rows passed."""

    id = serializers.UUIDField(source="pk")
    title = serializers.CharField()
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    items = serializers.IntegerField(source="n")
    itemsPassed = serializers.IntegerField(source="passed")  # noqa: N815


class JudgedPart(serializers.Serializer[Any]):
    """Of rows that the machine passed, or that it did not: judged, and of these passed."""

    judged = serializers.IntegerField()
    passed = serializers.IntegerField()


class JudgedRow(serializers.Serializer[Any]):
    """What people said to one criterion, on revealed items."""

    criterion = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    answers = serializers.IntegerField(source="n")
    flagged = serializers.IntegerField(source="n_flagged")
    judged = serializers.IntegerField(source="n_judged")
    passed = serializers.IntegerField(source="n_passed")
    mean = serializers.FloatField(allow_null=True)
    whereMachinePasses = JudgedPart(source="passing")  # noqa: N815
    whereMachineFails = JudgedPart(source="failing")  # noqa: N815


class PeopleRow(serializers.Serializer[Any]):
    """The people's part, for who runs the review."""

    queueId = serializers.UUIDField(source="queue.pk")  # noqa: N815
    reviewersAgree = Number(source="between")  # noqa: N815
    criteria = JudgedRow(many=True)


class RunAnalysisRow(serializers.Serializer[Any]):
    """One run by itself."""

    runId = serializers.UUIDField(source="run.pk")  # noqa: N815
    durations = CountRow(many=True)
    responseBytes = CountRow(source="lengths", many=True)  # noqa: N815
    errors = CountRow(many=True)  # type: ignore[assignment]
    before = BeforeRow(many=True)
    people = PeopleRow(allow_null=True)


class ReviewedRow(serializers.Serializer[Any]):
    """Somebody who has reviewed rows of the runs, complete reviews alone."""

    id = serializers.UUIDField(source="reviewer")
    name = serializers.CharField()
    n = serializers.IntegerField()


class ReadinessRow(serializers.Serializer[Any]):
    """The gate: `line` as the contract writes it, its numbers, and what does not agree."""

    line = serializers.CharField()
    status = serializers.ChoiceField(choices=("ready", "not ready"))
    runs = serializers.IntegerField(source="n_runs")
    expectedPrompts = serializers.IntegerField(source="n_prompts")  # noqa: N815
    runItems = serializers.IntegerField(source="n_items")  # noqa: N815
    nonEmptyResponses = serializers.IntegerField(source="n_responses")  # noqa: N815
    reviews = serializers.IntegerField(source="n_reviews", allow_null=True)
    reviewer = ReviewedRow(allow_null=True)
    reviewers = ReviewedRow(many=True)
    reasons = serializers.ListField(child=serializers.CharField())
