"""The form that takes outputs in: for which dataset, from which file, checked how."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django import forms
from django.http import HttpRequest

from datasets.item_forms import Text
from datasets.models import Dataset
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.fields import ScopedChoiceField
from evalplatform.uploads import problem_of
from runs import output_uploads
from runs.formats.catalog import OUTPUT_FORMATS, OutputFormat, guess
from runs.models import EvaluationConfig
from runs.output_uploads import MAX_BYTES

GUESSED = ("", "Tell from the file")
SUFFIXES = sorted({suffix for each in OUTPUT_FORMATS.values() for suffix in each.suffixes})
GONE = "The file is not kept any more. Choose it again."


class OutputForm(forms.Form):
    """A file or a pasted text; `token` stands for one that was sent before."""

    dataset = ScopedChoiceField(Dataset, label="Dataset", empty_label="Choose…")
    file = forms.FileField(
        label="File",
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        help_text=f"Up to {MAX_BYTES // 1_000_000} MB.",
    )
    text = Text(label="Or paste it", rows=6)
    format = forms.ChoiceField(
        label="Format",
        required=False,
        choices=[GUESSED, *((each.slug, each.label) for each in OUTPUT_FORMATS.values())],
    )
    model = forms.CharField(
        label="Model",
        required=False,
        max_length=200,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Which model made the outputs. Of a file with several, the one that is meant.",
    )
    title = forms.CharField(
        label="Title",
        required=False,
        max_length=200,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Of the run. Left empty, it is called after the dataset.",
    )
    config = ScopedChoiceField(
        EvaluationConfig,
        label="Check as",
        required=False,
        empty_label="The checks of the dataset, judged by words",
        help_text="A configuration says which evaluators look at the outputs, and who judges.",
    )
    token = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest, by: Actor) -> None:
        is_sent = request.method == "POST"
        dataset = request.GET.get("dataset", "")
        super().__init__(
            request.POST if is_sent else None,
            request.FILES if is_sent else None,
            initial={"dataset": dataset},
        )
        self.by = by
        self.problem = problem_of(request)
        for name in ("dataset", "config"):
            field = self.fields[name]
            assert isinstance(field, ScopedChoiceField)
            field.open_to(by)
        datasets = self.fields["dataset"]
        assert isinstance(datasets, ScopedChoiceField)
        assert datasets.queryset is not None
        datasets.queryset = datasets.queryset.filter(level=Dataset.Level.MESSAGE)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        config, dataset = cleaned.get("config"), cleaned.get("dataset")
        if config and dataset and config.dataset_id != dataset.pk:
            self.add_error("config", "This configuration is of another dataset.")
        if self.problem:
            self.add_error("file", self.problem)
        elif not self.errors:
            cleaned["data"] = self._data(cleaned)
        return cleaned

    def _data(self, cleaned: dict[str, Any]) -> BytesIO | None:
        """What was sent: the file, the text, or what was sent before."""
        if file := cleaned.get("file"):
            if file.size > MAX_BYTES:
                self.add_error("file", f"It is larger than {MAX_BYTES // 1_000_000} MB. Split it.")
                return None
            return BytesIO(file.read())
        if cleaned.get("text"):
            return BytesIO(cleaned["text"].encode())
        if not cleaned.get("token"):
            self.add_error("file", "Choose a file, or paste its text.")
            return None
        if (found := output_uploads.kept(cleaned["token"], self.by)) is None:
            self.add_error("file", GONE)
        return found

    @property
    def chosen(self) -> OutputFormat:
        """The format that was chosen, or the one the file looks like."""
        slug = self.cleaned_data["format"]
        return OUTPUT_FORMATS[slug] if slug else guess(self.cleaned_data["data"])

    @property
    def title_of_run(self) -> str:
        dataset = self.cleaned_data["dataset"]
        return self.cleaned_data["title"].strip() or f"{dataset.name}, imported outputs"[:200]
