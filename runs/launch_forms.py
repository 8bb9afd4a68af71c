"""The forms of the launchers."""

from __future__ import annotations

import random
import unicodedata
from typing import Any, NamedTuple
from uuid import uuid4

from django import forms
from django.utils import timezone

from datasets.formats.values import MAX_TEXT
from datasets.item_forms import Text, with_our_line_ends
from datasets.models import Dataset
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.fields import ScopedChoiceField
from runs.evaluator_choices import WithEvaluators
from runs.launching import AUTO_PROMPTS, BATCH_SIZES, LARGEST_SEED, MOST_PROMPTS, Launch
from runs.models import ModelEndpoint
from runs.planning import Prompt
from runs.prompt_filling import Source

PROMPTS, DATASET = "prompts", "dataset"


class LaunchForm(WithEvaluators):
    """What every launcher asks: who answers, who judges, and what the run is called.

    `token` tells a form that is sent twice from two forms.
    """

    level: str = Dataset.Level.MESSAGE
    word = "Run"

    title = forms.CharField(
        label="Title",
        required=False,
        max_length=200,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    generation = ScopedChoiceField(
        ModelEndpoint, label="Answered by", required=False, empty_label="Choose…"
    )
    judge = ScopedChoiceField(
        ModelEndpoint,
        label="Judge",
        required=False,
        empty_label="Built-in: compares words, and carries out no evaluators",
        help_text="Answers the evaluators that name no endpoint of their own.",
    )
    system_prompt = Text(label="System prompt", rows=3, help_text="Sent before every prompt.")
    token = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any = None, *, actor: Actor, initial: Any = None) -> None:
        super().__init__(data, initial={"token": uuid4()} | (initial or {}))
        for field in self.fields.values():
            if isinstance(field, ScopedChoiceField):
                field.open_to(actor)
        self.offer_evaluators(actor)
        self._choose_the_only_endpoint()

    def _choose_the_only_endpoint(self) -> None:
        field = self.fields["generation"]
        assert isinstance(field, ScopedChoiceField)
        assert field.queryset is not None
        first = list(field.queryset[:2])
        self.has_endpoints = bool(first)
        if len(first) == 1:
            self.initial.setdefault("generation", first[0].pk)

    def holds(self) -> str:
        return "Prompts are single messages."

    def clean_title(self) -> str:
        typed = unicodedata.normalize("NFC", self.cleaned_data["title"]).strip()
        return typed or f"{self.word} of {timezone.now():%d %b %Y %H:%M}"

    def clean_generation(self) -> ModelEndpoint | None:
        found: ModelEndpoint | None = self.cleaned_data["generation"]
        if found is None and self.needs_generation():
            raise forms.ValidationError("Choose the endpoint that answers the prompts.")
        return found

    def needs_generation(self) -> bool:
        return True

    def launch(self, **columns: Any) -> Launch:
        """What the form says, as launchers take it; `columns` are further ones of the run."""
        names = ("title", "generation", "judge", "system_prompt")
        said = {name: self.cleaned_data[name] for name in names}
        return Launch(evaluators=self.chosen(), columns=columns, **said)


class TypedPrompt(NamedTuple):
    """One row of the form of prompts."""

    text: str
    is_locked: bool


class Prompts(forms.Widget):
    """Repeated texts, each with a lock that names its place; templates draw them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[TypedPrompt]:
        if not hasattr(data, "getlist"):
            return []
        locked = set(data.getlist(f"{name}_locked"))
        texts = data.getlist(f"{name}_text")
        return [TypedPrompt(text, str(n) in locked) for n, text in enumerate(texts)]


class PromptsField(forms.Field):
    """1 to 10 prompts; rows without a text are nothing."""

    widget = Prompts

    def clean(self, value: Any) -> list[Prompt]:
        said = [Prompt(text=with_our_line_ends(each.text), locked=each.is_locked)
                for each in value or () if each.text.strip()]  # fmt: skip
        if len(said) > MOST_PROMPTS:
            raise forms.ValidationError(f"These are more than {MOST_PROMPTS} prompts.")
        if any(len(each.text) > MAX_TEXT or "\x00" in each.text for each in said):
            raise forms.ValidationError("A prompt is too long, or holds a NUL character.")
        return said


class CustomForm(LaunchForm):
    """Typed prompts, or a dataset as it is now."""

    word = "Custom run"
    what = forms.ChoiceField(
        choices=[(PROMPTS, "Prompts"), (DATASET, "A dataset")], initial=PROMPTS
    )
    prompts = PromptsField(required=False)
    dataset = ScopedChoiceField(Dataset, label="Dataset", required=False, empty_label="Choose…")
    field_order = ("what", "prompts", "dataset", "generation")

    def __init__(self, data: Any = None, *, actor: Actor, initial: Any = None) -> None:
        super().__init__(data, actor=actor, initial=initial)
        dataset = self.dataset_chosen() if self.is_dataset else None
        self.level = dataset.level if dataset else "" if self.is_dataset else self.level

    @property
    def is_dataset(self) -> bool:
        """Whether a dataset is run at this moment."""
        return str(self["what"].value()) == DATASET

    def holds(self) -> str:
        return WithEvaluators.holds(self) if self.is_dataset else super().holds()

    def needs_generation(self) -> bool:
        return self.cleaned_data.get("what") == PROMPTS

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("what") == DATASET and not cleaned.get("dataset"):
            self.add_error("dataset", "Choose the dataset.")
        if cleaned.get("what") == PROMPTS and cleaned.get("prompts") == []:
            self.add_error("prompts", "Write at least one prompt.")
        return cleaned


class Key(NamedTuple):
    """One key of templates as the form offers it."""

    key: str
    title: str
    n_combinations: int
    is_chosen: bool


class AutoForm(LaunchForm):
    """Which templates, and in which order their prompts come."""

    word = "Auto-generated run"
    keys = forms.MultipleChoiceField(label="Kinds of prompts", required=False)
    seed = forms.IntegerField(
        label="Selection",
        min_value=0,
        max_value=LARGEST_SEED,
        help_text="The same number makes the same prompts in the same order.",
    )

    def __init__(
        self, data: Any = None, *, actor: Actor, sources: list[Source], initial: Any = None
    ) -> None:
        self.sources = sources
        every = list(dict.fromkeys(each.template_key for each in sources))
        told = {"keys": every, "seed": random.randint(1, 9999)}  # noqa: S311 - shown, and changeable
        super().__init__(data, actor=actor, initial=told | (initial or {}))
        field = self.fields["keys"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(key, key) for key in every]

    def clean_keys(self) -> list[str]:
        keys: list[str] = self.cleaned_data["keys"]
        if not keys:
            raise forms.ValidationError("Choose at least one kind of prompt.")
        return keys

    def categories(self) -> list[tuple[str, list[Key]]]:
        """The keys by category, in the order of the templates."""
        chosen = set(self["keys"].value() or ())
        found: dict[str, dict[str, Key]] = {}
        for each in self.sources:
            keys = found.setdefault(each.category, {})
            before = keys.get(each.template_key)
            n = each.n_combinations + (before.n_combinations if before else 0)
            title = before.title if before else each.title
            keys[each.template_key] = Key(each.template_key, title, n, each.template_key in chosen)
        return [(category, list(keys.values())) for category, keys in found.items()]

    def chosen_sources(self) -> list[Source]:
        """The templates of the keys that are chosen at this moment."""
        chosen = set(self["keys"].value() or ())
        return [each for each in self.sources if each.template_key in chosen]

    def seed_now(self) -> int:
        """The selection as typed, 0 while it is none."""
        text = str(self["seed"].value() or "")
        is_number = text.isascii() and text.isdigit() and len(text) < 11
        return min(int(text), LARGEST_SEED) if is_number else 0


class BatchForm(AutoForm):
    """An auto-generated run, several times with other prompts."""

    word = "Controlled batch"
    n_runs = forms.TypedChoiceField(
        label="Runs",
        coerce=int,
        initial=BATCH_SIZES[0],
        choices=[(n, f"{n} run{'s' if n > 1 else ''}, {n * AUTO_PROMPTS} prompts")
                 for n in BATCH_SIZES],
        widget=forms.RadioSelect,
    )  # fmt: skip
