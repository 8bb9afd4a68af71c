"""The form of a rubric: its name, what it is for, and its shape as one JSON text."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from evalplatform import strict_json
from evalplatform.accounts.models.user import refuse_hidden_characters
from reviews.rubrics.drafting import read_draft

MOST_CHARACTERS = 500_000
EMPTY: dict[str, Any] = {
    "sections": [
        {
            "key": "questions",
            "label": "Questions",
            "instructions": "",
            "criteria": [
                {"key": "", "label": "", "kind": "pass_fail", "instructions": "",
                 "required": True}
            ],
        }
    ]
}  # fmt: skip


class RubricForm(forms.Form):
    """`faults` says by path what cannot be asked, "" for the whole: the editor shows it there."""

    name = forms.CharField(max_length=200, validators=[refuse_hidden_characters])
    description = forms.CharField(
        required=False, max_length=2_000, widget=forms.Textarea, label="What it is for"
    )
    shape = forms.CharField(
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.Textarea(attrs={"spellcheck": "false"}),
        label="The rubric as JSON",
    )
    seen_at = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.faults: dict[str, str] = {}

    def clean_shape(self) -> Any:
        """The shape; every fault of it otherwise, with its place."""
        try:
            held = strict_json.loads(self.cleaned_data["shape"])
        except strict_json.StrictJsonError as error:
            self.faults = {"": f"This is not JSON. {error.message}"}
            raise forms.ValidationError(self.faults[""]) from error
        self.faults = read_draft(held).faults
        if self.faults:
            raise forms.ValidationError([f"{path}: {why}" for path, why in self.faults.items()])
        return held


def written(shape: Any) -> str:
    """A shape as people read it."""
    return json.dumps(shape, ensure_ascii=False, indent=2)
