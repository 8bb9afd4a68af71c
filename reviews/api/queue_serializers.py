"""Queues as the API takes and gives them. Times are ISO 8601, shares are fractions 0 to 1."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from datasets.api.dataset_serializers import Name, Person
from datasets.api.serializers import Data
from evalplatform.scoping.bodies import Closed, Text, TrueOrFalse
from reviews.models import Queue
from reviews.strata import PARTS
from runs.api.fields import Named, Seen
from runs.models import Run

LONGEST = 20_000
MOST_IDS = 10_000
MOST_PEOPLE = 200
LARGEST_SEED = 2**31 - 1
STATUSES = Queue.Status.values
TARGETS = Queue.Target.values
STRATA = sorted({part for parts in PARTS.values() for part in parts})


class Share(serializers.FloatField):
    """How much of a stratum is drawn."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=1, **options)


class SamplingPlan(Closed):
    """The share of each stratum that is drawn, by a seed; `rest` for strata that are not named.

    A stratum is named by what `strata` says, joined: `failing`, or `failing / billing`. Sessions
    are parted by status and tag, rows of a run by verdict, tag and category.
    """

    strata = serializers.ListField(
        child=serializers.ChoiceField(choices=STRATA), required=False, max_length=len(STRATA)
    )
    shares = serializers.DictField(child=Share(), required=False)
    rest = Share(required=False)
    seed = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST_SEED)


class QueueChange(Closed):
    """What can be changed of a queue; what is left out stays. Some settings are fixed once the
    queue was opened, filled or answered.
    """

    name = Name(required=False)
    instructions = Text(required=False, max_length=LONGEST)
    reviewsAutoEvals = TrueOrFalse(required=False, source="reviews_auto_evals")  # noqa: N815
    blind = TrueOrFalse(required=False, source="is_blind")
    showsAutoVerdict = TrueOrFalse(required=False, source="shows_auto_verdict")  # noqa: N815
    showsSuggestions = TrueOrFalse(required=False, source="shows_suggestions")  # noqa: N815
    hidesReviewers = TrueOrFalse(required=False, source="hides_reviewers")  # noqa: N815
    hiddenShare = serializers.FloatField(  # noqa: N815
        required=False, source="hidden_share", min_value=0, max_value=1
    )
    leaseMinutes = serializers.IntegerField(  # noqa: N815
        required=False, source="lease_minutes", min_value=1, max_value=1440
    )
    reviewsPerItem = serializers.IntegerField(  # noqa: N815
        required=False, source="reviews_per_item", min_value=1, max_value=10
    )
    order = serializers.ChoiceField(choices=Queue.Order.values, required=False)
    seed = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST_SEED)
    plan = SamplingPlan(required=False)
    floors = serializers.DictField(
        child=serializers.FloatField(),
        required=False,
        help_text="The least that figures must be before the review may be finalised: `reviewers`, "
        "`auto`, `alpha:METRIC`, `agreement:METRIC`. All of them; {} for none.",
    )


class NewQueue(QueueChange):
    """A queue to be made: an empty draft. `rubric` is an id, or the slug of one of the product."""

    name = Name()
    target = serializers.ChoiceField(choices=TARGETS)
    rubric = Text(max_length=60, allow_blank=False)
    run = Seen(Run, required=False)


class NewStatus(Closed):
    """What becomes of a queue."""

    status = serializers.ChoiceField(choices=STATUSES)


class NewReviewers(Closed):
    """Ids of people; nobody means everybody who may review."""

    reviewers = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_PEOPLE)


class AddedSessions(Closed):
    """Either `ids`, or `filter` (the parameters of the sessions list; {} is every visible one).

    The queue's plan draws among them; another `plan` becomes the queue's.
    """

    ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_IDS, allow_empty=False
    )
    filter = serializers.DictField(required=False)
    plan = SamplingPlan(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either ids or filter.")
        return attrs


class AddedRows(Closed):
    """The answered rows of the queue's run: its plan draws among them; another one becomes its."""

    plan = SamplingPlan(required=False)


class AddedRow(serializers.Serializer[Any]):
    """What adding did; `leftOut` were not drawn."""

    added = serializers.IntegerField()
    already = serializers.IntegerField()
    leftOut = serializers.IntegerField(source="left_out")  # noqa: N815


class OwnRow(serializers.Serializer[Any]):
    """The caller's own numbers; `left` is what can still come, counted to a thousand."""

    saved = serializers.IntegerField(source="n_saved")
    skipped = serializers.IntegerField(source="n_skipped")
    held = serializers.IntegerField(source="n_held")
    declined = serializers.IntegerField(source="n_declined")
    waiting = serializers.IntegerField(source="n_waiting")
    needsAdjudication = serializers.IntegerField(source="n_adjudication")  # noqa: N815
    left = serializers.IntegerField()


class WholeRow(serializers.Serializer[Any]):
    """All numbers of a queue, for who runs it."""

    items = serializers.IntegerField(source="n_items")
    wanted = serializers.IntegerField(source="n_wanted")
    counted = serializers.IntegerField(source="n_counted")
    held = serializers.IntegerField(source="n_held")
    parts = serializers.DictField(child=serializers.IntegerField())


class AskedRubric(serializers.Serializer[Any]):
    """What a queue asks."""

    id = serializers.UUIDField(source="rubric.pk")
    name = serializers.CharField(source="rubric.name")
    version = serializers.IntegerField(source="number")


class QueueRow(serializers.Serializer[Any]):
    """A queue in a list; `run` is null for those who do not see it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    instructions = serializers.CharField()
    target = serializers.ChoiceField(choices=TARGETS)
    status = serializers.ChoiceField(choices=STATUSES)
    run = Named(allow_null=True)
    rubric = AskedRubric(source="rubric_version")
    reviewsPerItem = serializers.IntegerField(source="reviews_per_item")  # noqa: N815
    reviewsAutoEvals = serializers.BooleanField(source="reviews_auto_evals")  # noqa: N815
    forEveryone = serializers.BooleanField(source="is_for_everyone")  # noqa: N815
    blind = serializers.BooleanField(source="is_blind")
    showsAutoVerdict = serializers.BooleanField(source="shows_auto_verdict")  # noqa: N815
    showsSuggestions = serializers.BooleanField(source="shows_suggestions")  # noqa: N815
    leaseMinutes = serializers.IntegerField(source="lease_minutes")  # noqa: N815
    order = serializers.ChoiceField(choices=Queue.Order.values)
    owner = Person(read_only=True)
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    updatedAt = serializers.DateTimeField(source="updated_at")  # noqa: N815
    own = OwnRow()


class Setup(serializers.Serializer[Any]):
    """What only who runs a queue is told."""

    hiddenShare = serializers.FloatField(source="hidden_share")  # noqa: N815
    seed = serializers.IntegerField()
    sampling = Data()
    hidesReviewers = serializers.BooleanField(source="hides_reviewers")  # noqa: N815
    floors = Data()


class QueueDetail(QueueRow):
    """A queue; `setup` and `whole` are null for those who only review."""

    setup = Setup(allow_null=True)
    whole = WholeRow(allow_null=True)


class ReviewerRow(serializers.Serializer[Any]):
    """Somebody with a place in a queue."""

    reviewer = Person(read_only=True)
    assigned = serializers.BooleanField(source="is_assigned")
    addedAt = serializers.DateTimeField(source="added_at")  # noqa: N815


def queue_etag(queue: Queue) -> str:
    """The ETag that `If-Match` of changes takes."""
    return f'"{queue.updated_at.timestamp():.6f}"'
