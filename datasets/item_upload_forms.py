"""The form that takes a file of items in, for a dataset or for a new one."""

from __future__ import annotations

import unicodedata
from pathlib import PurePath
from typing import Any, BinaryIO

from django import forms
from django.http import HttpRequest

from datasets.formats import catalog
from datasets.formats.catalog import ITEM_FORMATS
from datasets.forms import GUESSED, FileForm
from datasets.import_columns import columns_of
from datasets.models import Dataset, DatasetImport, RememberedMapping
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor

OUTPUTS = "qa-csv"
UPLOADED = {slug: each for slug, each in ITEM_FORMATS.items() if slug != OUTPUTS}
SUFFIXES = sorted({suffix for each in UPLOADED.values() for suffix in each.suffixes})
ARE_OUTPUTS = (
    "These are questions and answers, to be matched to the tests of a run. To take them in as "
    "items, choose Dataset CSV: the columns are mapped in the next step."
)


class ItemUploadForm(FileForm[DatasetImport]):
    """A file of items; without a dataset the import makes a new one, under `new_name`."""

    file = forms.FileField(
        label="File", widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)})
    )
    format = forms.ChoiceField(
        label="Format",
        required=False,
        choices=[GUESSED, *((each.slug, each.label) for each in UPLOADED.values())],
        help_text="The next page says what the file was taken for.",
    )
    new_name = forms.CharField(
        label="Name of the new dataset",
        required=False,
        max_length=Dataset._meta.get_field("name").max_length,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Left empty, the title in the file is taken, or the name of the file.",
    )
    overwrite = forms.BooleanField(
        label="Overwrite tests with matching ids",
        required=False,
        help_text="For suites: a test whose Test Id the dataset holds already is changed. "
        "Otherwise such a test is an error.",
    )

    def __init__(self, request: HttpRequest, by: Actor, dataset: Dataset | None) -> None:
        super().__init__(request, by)
        self.dataset = dataset
        del self.fields["overwrite" if dataset is None else "new_name"]

    def clean_new_name(self) -> str:
        return unicodedata.normalize("NFC", self.cleaned_data["new_name"]).strip()

    def guess(self, stream: BinaryIO, file_name: str) -> str:
        slug = catalog.guess_items(stream, file_name)
        if slug == OUTPUTS:
            self.add_error("format", ARE_OUTPUTS)
        return slug

    def keep(self, file: Any) -> DatasetImport:
        slug = self.cleaned_data["format"]
        return DatasetImport.upload(
            file,
            sha256=file.sha256,
            format_slug=slug,
            dataset=self.dataset,
            new_name=self._name_of_new(file.name, slug),
            options=self._options(file, slug),
            by=self.by,
        )

    def _name_of_new(self, file_name: str, slug: str) -> str:
        """The name that was given, else that of the file; a suite may have a title of its own."""
        if self.dataset is not None:
            return ""
        if name := self.cleaned_data["new_name"]:
            return str(name)
        return "" if slug in ("suite-json", "suite-zip") else PurePath(file_name).stem

    def _options(self, file: Any, slug: str) -> dict[str, Any]:
        """How the file is read: its columns as the person mapped the same header last time."""
        options: dict[str, Any] = {"overwrite": self.cleaned_data.get("overwrite", False)}
        if slug == "dataset-csv":
            header = [column.title for column in columns_of(file.file)]
            options["mapping"] = RememberedMapping.of(header, by=self.by) or {}
            file.seek(0)
        return options
