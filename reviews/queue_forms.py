"""The form of a queue: what is reviewed, by which questions, by whom, and what they are shown."""

from __future__ import annotations

import unicodedata
from secrets import randbelow
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.fields import ScopedChoiceField
from reviews.floor_fields import FloorFields, floors_said
from reviews.models import Queue, Rubric
from reviews.queue_settings import fixed_in
from reviews.reviewers import who_may_review
from reviews.rubrics.builtin import BUILT_IN
from reviews.sample_preview import percent_of
from reviews.sampling import Plan
from reviews.strata import DEFAULT, LONGEST, PARTS, as_sampling, is_everything, plan_of

MOST_SEED = 2_147_483_647
LONGEST_INSTRUCTIONS = 20_000
MOST_SHARES = 1_000
# Sessions carry no verdict of a machine, and suggestions are made from rows of runs.
OF_RUNS = (
    *("reviews_auto_evals", "shows_auto_verdict", "hidden_percent", "shows_suggestions"),
    "floor_auto",
)
PLACES = {
    "rubric_version": "rubric",
    "hidden_share": "hidden_percent",
    "sampling": "plan",
    "floors": "floor_reviewers",
}
PLAIN = (
    "name", "instructions", "reviews_per_item", "is_blind", "lease_minutes", "order", "seed",
    "reviews_auto_evals", "shows_auto_verdict", "shows_suggestions", "hides_reviewers",
)  # fmt: skip


class RubricChoice(ScopedChoiceField):
    """Any rubric of the team, those of the product first; its newest version is asked."""

    def open_to(self, actor: Actor) -> None:
        for slug in BUILT_IN:
            Rubric.of_the_product(slug, by=actor)
        super().open_to(actor)
        assert self.queryset is not None
        self.queryset = self.queryset.order_by("name", "id")

    def label_from_instance(self, rubric: Any) -> str:
        return f"{rubric.name[:80]} (version {rubric.version})"


class QueueForm(FloorFields):
    """All that is said of a queue; `target` and `run` are given by where it was begun."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    instructions = forms.CharField(
        label="What to do",
        required=False,
        max_length=LONGEST_INSTRUCTIONS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Reviewers read it beside every item.",
    )
    rubric = RubricChoice(Rubric, label="Rubric", empty_label=None)
    reviews_auto_evals = forms.BooleanField(
        label="Review the automatic checks too",
        required=False,
        help_text="Each check of a row is judged: pass, fail, or flagged.",
    )
    reviews_per_item = forms.IntegerField(
        label="Reviews an item",
        min_value=1,
        max_value=10,
        initial=1,
        help_text="1 to 10, each by another person. Two or more let you measure agreement.",
    )
    reviewers = forms.MultipleChoiceField(
        label="Reviewers",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nobody chosen: everyone who may review.",
    )
    is_blind = forms.BooleanField(
        label="Blind until done",
        required=False,
        initial=True,
        help_text="Nobody is told what another said before the item has all of its reviews.",
    )
    hides_reviewers = forms.BooleanField(
        label="Letters for names in adjudication",
        required=False,
        help_text="Who settles what reviewers disagree on reads A and B, other ones for each item.",
    )
    shows_auto_verdict = forms.BooleanField(
        label="Show the automatic verdict",
        required=False,
        help_text="It pulls people towards it. That it was shown is kept with each answer.",
    )
    hidden_percent = forms.FloatField(
        label="Hide it again from (%)",
        required=False,
        min_value=0,
        max_value=100,
        initial=0,
        help_text="of the places, drawn by the seed, so that its pull can be measured.",
    )
    shows_suggestions = forms.BooleanField(
        label="Show suggestions",
        required=False,
        help_text="What the product proposes for a question, with its reason.",
    )
    lease_minutes = forms.IntegerField(
        label="An item is kept for (minutes)",
        min_value=1,
        max_value=1440,
        initial=30,
        help_text="Renewed while the page is open. Afterwards it goes to somebody else; what was "
        "typed stays.",
    )
    order = forms.ChoiceField(
        label="Order",
        choices=Queue.Order.choices,
        initial=Queue.Order.ADDED,
        widget=forms.RadioSelect,
    )
    seed = forms.IntegerField(
        label="Seed",
        min_value=0,
        max_value=MOST_SEED,
        help_text="Behind all draws of this queue: the sample, the shuffled order, hidden "
        "verdicts. The same number draws the same.",
    )
    plan = forms.ChoiceField(
        label="What comes in",
        choices=[("all", "All"), ("strata", "A share of each stratum")],
        initial="all",
        widget=forms.RadioSelect,
    )
    strata = forms.MultipleChoiceField(
        label="Strata by", required=False, widget=forms.CheckboxSelectMultiple
    )
    rest = forms.FloatField(
        label="The rest (%)",
        required=False,
        min_value=0,
        max_value=100,
        initial=100,
        help_text="The share of every stratum that has none of its own.",
    )

    def __init__(
        self,
        data: Any = None,
        *,
        actor: Actor,
        target: str,
        queue: Queue | None = None,
        **told: Any,
    ) -> None:
        initial = {"seed": randbelow(1_000_000), "rubric": _first_rubric(actor)} | told
        super().__init__(data, initial=initial | (said_of(queue) if queue else {}))
        self.target, self.queue = target, queue
        self.share_errors: dict[str, str] = {}
        self._narrow(actor, queue)
        self.shares_said = self._shares(data) if data is not None else shares_of(queue)
        if queue:
            self._fix(queue, actor)

    def _narrow(self, actor: Actor, queue: Queue | None) -> None:
        """Offer what fits the target, and the actor's rubrics and colleagues."""
        rubric, strata = self.fields["rubric"], self.fields["strata"]
        assert isinstance(rubric, RubricChoice)
        assert isinstance(strata, forms.MultipleChoiceField)
        rubric.open_to(actor)
        strata.choices = list(PARTS[self.target].items())
        if self.target == Queue.Target.SESSION:
            for name in OF_RUNS:
                del self.fields[name]
        if queue:
            del self.fields["reviewers"]
            return
        reviewers = self.fields["reviewers"]
        assert isinstance(reviewers, forms.MultipleChoiceField)
        self.people = {str(row.user_id): row.user for row in who_may_review(actor)}
        reviewers.choices = [(pk, user.name or user.email) for pk, user in self.people.items()]

    def _fix(self, queue: Queue, actor: Actor) -> None:
        """Show what may not change any more, with the reason."""
        self.why_fixed: dict[str, str] = {}
        fixed = fixed_in(queue, actor)
        if "rubric_version" in fixed:  # another version, or a deleted one, is no choice any more
            asked = queue.rubric_version
            said = f"{asked.rubric.name} (version {asked.number})"
            self.fields["rubric"] = forms.CharField(label="Rubric")
            self.initial["rubric"] = said
        for name, why in fixed.items():
            field = self.fields.get(PLACES.get(name, name))
            if field:
                field.disabled, field.help_text = True, why
                self.why_fixed[PLACES.get(name, name)] = why

    def _shares(self, data: Any) -> dict[str, str]:
        """What was typed as the share of each stratum."""
        pairs = zip(data.getlist("stratum")[:MOST_SHARES], data.getlist("share"), strict=False)
        return {name: share for name, share in pairs if len(name) <= LONGEST}

    def clean_name(self) -> str:
        name = unicodedata.normalize("NFC", self.cleaned_data["name"])
        return str(name)

    def clean_instructions(self) -> str:
        return str(self.cleaned_data["instructions"]).replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.is_parted = cleaned.get("plan") == "strata"
        self.strata_said = tuple(cleaned.get("strata") or ())
        if self.is_parted and not self.strata_said:
            self.add_error("strata", "Choose by what the items are parted, or let all come in.")
        self.shares = self._read_shares() if self.is_parted else {}
        if self.share_errors:
            self.add_error("plan", "Write shares from 0 to 100, or leave them empty for the rest.")
        return cleaned

    def _read_shares(self) -> dict[str, float]:
        shares = {}
        for stratum, text in self.shares_said.items():
            try:
                if text.strip():
                    shares[stratum] = share_from(text)
            except ValueError:
                self.share_errors[stratum] = "From 0 to 100."
        return shares

    def plan_said(self) -> tuple[Plan, tuple[str, ...]]:
        """The plan as it is typed at this moment, faults left out: for the preview."""
        cleaned = self.cleaned_data
        seed = cleaned.get("seed") or 0
        if not self.is_parted:
            return Plan({}, 1.0, seed), DEFAULT.get(self.target, ())
        rest = cleaned.get("rest")
        return Plan(self.shares, 1.0 if rest is None else rest / 100, seed), self.strata_said

    def values(self) -> dict[str, Any]:
        """What the queue keeps; its rubric's newest version, unless it is kept as it was."""
        cleaned = self.cleaned_data
        said = {name: cleaned[name] for name in PLAIN if name in self.fields}
        plan, strata = self.plan_said()
        said["sampling"], said["floors"] = as_sampling(plan, strata), self.floors(self.queue)
        if "hidden_percent" in self.fields:
            said["hidden_share"] = (cleaned["hidden_percent"] or 0) / 100
        return said

    def chosen_people(self) -> list[Any]:
        """The colleagues that are asked; none means everybody."""
        return [self.people[pk] for pk in self.cleaned_data["reviewers"]]

    def refuse(self, error: ValidationError) -> None:
        """Say at the fields what the model refused."""
        for name, texts in error.update_error_dict({}).items():
            place = PLACES.get(name, name)
            self.add_error(place if place in self.fields else None, texts)


def share_from(text: str) -> float:
    """A share of 0 to 1 from a percentage; ValueError for something else."""
    percent = float(text.strip().removesuffix("%").replace(",", "."))
    if not 0 <= percent <= 100:  # also refuses what is not a number
        raise ValueError(text)
    return percent / 100


def _first_rubric(actor: Actor) -> Any:
    return Rubric.of_the_product("pass-fail", by=actor).pk


def shares_of(queue: Queue | None) -> dict[str, str]:
    """The shares of a stored plan, as they are typed."""
    if queue is None:
        return {}
    plan, _ = plan_of(queue)
    return {name: percent_of(share) for name, share in plan.shares.items()}


def said_of(queue: Queue) -> dict[str, Any]:
    """A stored queue as its form says it."""
    plan, strata = plan_of(queue)
    return {name: getattr(queue, name) for name in PLAIN} | {
        "rubric": queue.rubric_version.rubric_id,
        "hidden_percent": percent_of(queue.hidden_share),
        "plan": "all" if is_everything(plan) else "strata",
        "strata": list(strata),
        "rest": percent_of(plan.rest),
        **floors_said(queue),
    }
