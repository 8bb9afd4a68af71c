"""Items to review, drafts and reviews as the API takes and gives them. Times are ISO 8601."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from datasets.api.dataset_serializers import AttachmentRow, Person
from datasets.api.serializers import Data
from evalplatform.scoping.bodies import Closed, Text
from reviews.api.queue_serializers import OwnRow
from reviews.api.rubric_serializers import ShapeField
from reviews.models import Slot
from reviews.routing import ReviewState
from runs.api.run_item_serializers import Examples, Messages, OverrideRow
from runs.models import CheckResult

MOST_REASON = 2_000
OWN_STATES = Slot.State.values


class Object(ShapeField):
    """A JSON object; what it may hold is said where it is read."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Write an object: key -> answer.")
        return data


# --- what is sent --------------------------------------------------------------------------------


class Token(Closed):
    """The token of the place, from the claim."""

    token = serializers.UUIDField()


class Decline(Token):
    """Why an item is given away for good."""

    reason = Text(max_length=MOST_REASON, allow_blank=False, trim_whitespace=True)


class Draft(Closed):
    """What is typed, over the draft `number` that was seen last."""

    number = serializers.IntegerField(min_value=0)
    answers = Object(required=False)
    checks = Object(required=False)
    feedback = Text(required=False)

    @property
    def said(self) -> dict[str, Any]:
        """The draft as a review keeps it."""
        kinds: dict[str, Any] = {"answers": {}, "checks": {}, "feedback": ""}
        return {name: self.validated_data.get(name, none) for name, none in kinds.items()}


class Save(Draft):
    """A whole review. With `number`, a newer draft of another device is a conflict.

    With `token`, so is a place that another device of yours has taken.
    """

    number = serializers.IntegerField(min_value=0, required=False)
    token = serializers.UUIDField(required=False)


# --- what is answered ----------------------------------------------------------------------------


class DraftRow(serializers.Serializer[Any]):
    """What was typed and what was saved last; null where there is none."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField(allow_null=True)
    draft = Data(allow_null=True)
    saved = Data(allow_null=True)


class DraftKept(serializers.Serializer[Any]):
    """The number to send with the next draft."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()


class VerdictRow(serializers.Serializer[Any]):
    """What the machine said of a check, and who corrected it."""

    autoEval = serializers.CharField(source="auto_eval")  # noqa: N815
    passed = serializers.BooleanField(source="is_passed", allow_null=True)
    stands = serializers.BooleanField(allow_null=True)
    confidence = serializers.ChoiceField(choices=CheckResult.Confidence.values, allow_blank=True)
    feedback = serializers.CharField()
    extracted = serializers.CharField(allow_null=True)
    override = OverrideRow(allow_null=True)


class CheckRow(serializers.Serializer[Any]):
    """A check of the row; `verdict` is null unless the queue shows it to this reviewer."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    operator = serializers.CharField()
    criteria = serializers.CharField()
    category = serializers.CharField()
    examples = Examples()
    verdict = VerdictRow(allow_null=True)


class SuggestionRow(serializers.Serializer[Any]):
    """What heuristics propose for a criterion; never an answer by itself."""

    key = serializers.CharField()
    value = Data()
    reasons = serializers.ListField(child=serializers.CharField())


class ColleagueRow(serializers.Serializer[Any]):
    """What a colleague saved last; given after reveal, or in a queue that is not blind."""

    reviewer = Person(read_only=True)
    savedAt = serializers.DateTimeField(source="saved_at")  # noqa: N815
    counted = serializers.BooleanField(source="is_counted")
    answers = Data()
    checks = Data()
    feedback = serializers.CharField()


class GivenMessage(serializers.Serializer[Any]):
    """A message; a long one is cut, its text has the whole of it."""

    position = serializers.IntegerField()
    role = serializers.CharField()
    content = serializers.CharField()
    cut = serializers.BooleanField()
    createdAt = serializers.DateTimeField(allow_null=True)  # noqa: N815


class MessagesRow(serializers.Serializer[Any]):
    """Messages of the item's session; `next` is the position to go on from, null at the end."""

    messages = GivenMessage(many=True)
    next = serializers.IntegerField(allow_null=True)


class SessionMaterial(MessagesRow):
    """A session to judge."""

    title = serializers.CharField()
    externalId = serializers.CharField()  # noqa: N815
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not the argument
    participant = Data()
    sessionState = Data()  # noqa: N815


class RowMaterial(serializers.Serializer[Any]):
    """A row of a run to judge."""

    publicId = serializers.CharField()  # noqa: N815
    texts = serializers.DictField(child=serializers.CharField())
    history = Messages()
    context = Data()  # type: ignore[assignment]  # a field, not the property
    outputContext = Data()  # noqa: N815
    participantData = Data()  # noqa: N815
    sessionState = Data()  # noqa: N815
    files = AttachmentRow(many=True)


class SlotRow(serializers.Serializer[Any]):
    """The caller's place on an item; the token is null when it is not held."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=OWN_STATES)
    token = serializers.UUIDField(allow_null=True)
    expiresAt = serializers.DateTimeField(source="expires_at", allow_null=True)  # noqa: N815


class Asked(serializers.Serializer[Any]):
    """What the rubric asks."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    shape = Data()


class DeskRow(serializers.Serializer[Any]):
    """All that the review page shows of an item: one of `session` and `row`, what is asked, what
    was typed and saved, and of the words of others what this reviewer may be shown now.
    """

    key = serializers.UUIDField()
    queue = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the argument
    slot = SlotRow()
    session = SessionMaterial(allow_null=True)
    row = RowMaterial(allow_null=True)
    rubric = Asked()
    reviewsChecks = serializers.BooleanField()  # noqa: N815
    checks = CheckRow(many=True)
    suggestions = SuggestionRow(many=True)
    colleagues = ColleagueRow(many=True)
    draft = DraftRow()


class ClaimRow(serializers.Serializer[Any]):
    """The next item, null when nothing is left; and the caller's own numbers."""

    item = DeskRow(allow_null=True)
    own = OwnRow()


class ReviewRow(serializers.Serializer[Any]):
    """One's own review. Complete: saved, and nothing typed since."""

    id = serializers.UUIDField()
    queue = serializers.UUIDField(source="queue_id")
    item = serializers.UUIDField(source="queue_item.key")
    startedAt = serializers.DateTimeField(source="started_at")  # noqa: N815
    savedAt = serializers.DateTimeField(source="saved_at", allow_null=True)  # noqa: N815
    revisions = serializers.IntegerField(source="n_revisions")
    counted = serializers.BooleanField(source="is_counted")
    complete = serializers.BooleanField(source="is_complete")
    dirty = serializers.BooleanField(source="is_dirty")
    draftNumber = serializers.IntegerField(source="draft_number")  # noqa: N815


class RevisionRow(serializers.Serializer[Any]):
    """A save of one's own review, and what one had been shown before."""

    number = serializers.IntegerField()
    savedAt = serializers.DateTimeField(source="saved_at")  # noqa: N815
    answers = Data()
    checks = Data()
    feedback = serializers.CharField()
    exposure = Data()
    exposed = serializers.BooleanField(source="is_exposed")
    via = serializers.CharField()


class ReviewDetail(ReviewRow):
    """One's own review, draft and saved apart, with every revision."""

    draft = Data(allow_null=True)
    saved = Data(allow_null=True)
    history = RevisionRow(many=True)


class AgreementItemRow(serializers.Serializer[Any]):
    """An item behind a figure of agreement."""

    key = serializers.UUIDField()
    position = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the argument


class QueueItemRow(serializers.Serializer[Any]):
    """An item of a queue. `own` is the state of the caller's place, null without one.

    Who only reviews is told of items that they were given, and of these no counts. Where routing
    has put an item, and how it was sampled, is null until it is revealed, and until they have saved
    their own review of it.
    """

    key = serializers.UUIDField()
    position = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the argument
    session = serializers.UUIDField(allow_null=True)
    runItem = serializers.UUIDField(allow_null=True)  # noqa: N815
    own = serializers.ChoiceField(choices=OWN_STATES, allow_null=True)
    revealed = serializers.BooleanField()
    counted = serializers.IntegerField(allow_null=True)
    openSlots = serializers.IntegerField(allow_null=True)  # noqa: N815
    state = serializers.ChoiceField(choices=[each.value for each in ReviewState], allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField(), allow_null=True)
    canonCandidate = serializers.BooleanField(allow_null=True)  # noqa: N815
    stratum = serializers.CharField(allow_null=True)
    inclusionProbability = serializers.FloatField(allow_null=True)  # noqa: N815
