"""A prompt filled with a real row, piece by piece, so that a person sees what a judge will read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms

from datasets.models import Dataset, DatasetItem
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.fields import ScopedChoiceField
from runs.cases import case_of
from runs.prompt_faults import FaultPlace, place_of
from runs.prompting import Template, TemplateFault, parse
from runs.verdicts import Case

MOST_SHOWN = 8_000
FURTHEST = 10_000


class PreviewForm(forms.Form):
    """Which row a preview is filled with."""

    dataset = ScopedChoiceField(
        Dataset, label="Dataset", required=False, empty_label="The newest that fits"
    )
    n = forms.IntegerField(label="Row", initial=1, min_value=1, max_value=FURTHEST, required=False)

    def __init__(self, data: Any = None, *, actor: Actor) -> None:
        super().__init__(data, prefix="preview")
        dataset = self.fields["dataset"]
        assert isinstance(dataset, ScopedChoiceField)
        dataset.open_to(actor)


@dataclass(frozen=True)
class Preview:
    """What became of a prompt: a fault, why nothing can be shown, or the filled pieces.

    Each piece is (text, name of the variable or ""). `empty` are variables that the row lacks.
    """

    fault: FaultPlace | None = None
    why_not: str = ""
    row: DatasetItem | None = None
    number: int = 0
    n_rows: int = 0
    pieces: list[tuple[str, str]] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    n_characters: int = 0

    @property
    def is_cut(self) -> bool:
        return self.n_characters > MOST_SHOWN


def preview(prompt: str, level: str, form: PreviewForm, actor: Actor) -> Preview:
    """Fill the prompt with the row that the form names, or with the first of the newest dataset."""
    if not prompt.strip():
        return Preview(why_not="Write a prompt to see what the judge will read.")
    try:
        template = parse(prompt, level)
    except TemplateFault as fault:
        return Preview(fault=place_of(prompt, fault))
    if not form.is_valid():
        return Preview(why_not="Choose a dataset and the number of a row.")
    dataset = form.cleaned_data["dataset"] or newest_of(level, actor)
    if dataset is None:
        return Preview(why_not=f"The prompt can be used. There is no dataset of {level}s to fill "
                       "it from yet.")  # fmt: skip
    if dataset.level != level:
        return Preview(why_not=f"The prompt can be used. This dataset holds {dataset.level}s: "
                       f"choose one of {level}s to see it filled.")  # fmt: skip
    return _filled(template, dataset, form.cleaned_data["n"] or 1, actor)


def newest_of(level: str, actor: Actor) -> Dataset | None:
    """The dataset of the level that was changed last and holds something."""
    rows = Dataset.objects.visible_to(actor).filter(level=level, n_items__gt=0)
    found: Dataset | None = rows.order_by("-updated_at", "-id").first()
    return found


def _filled(template: Template, dataset: Dataset, number: int, actor: Actor) -> Preview:
    items = DatasetItem.objects.visible_to(actor).filter(dataset=dataset)
    number = min(number, max(dataset.n_items, 1))
    rows = items.newest().in_order().select_related("dataset__team")[number - 1 : number]
    row = next(iter(rows), None)
    if row is None:
        return Preview(why_not="The prompt can be used. This dataset holds no items yet.")
    pieces = list(_pieces(template, case_of(row)))
    return Preview(
        row=row,
        number=number,
        n_rows=dataset.n_items,
        pieces=_cut(pieces),
        empty=[name for text, name in pieces if name and not text],
        n_characters=sum(len(text) for text, _ in pieces),
    )


def _pieces(template: Template, case: Case) -> list[tuple[str, str]]:
    return [
        (Template((piece,)).render(case), "" if isinstance(piece, str) else ".".join(piece))
        for piece in template.pieces
    ]


def _cut(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    left, kept = MOST_SHOWN, []
    for text, name in pieces:
        kept.append((text[:left], name))
        left -= len(text)
        if left <= 0:
            break
    return kept
