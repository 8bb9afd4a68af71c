"""Forms that take a file in."""

from __future__ import annotations

import unicodedata
from typing import Any, BinaryIO, Generic, TypeVar, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from datasets.formats import catalog
from datasets.formats.catalog import FormatNotKnown
from datasets.models import SessionImport, Source
from datasets.models.file_import import FileImport
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor
from evalplatform.strict_json import printable
from evalplatform.uploads import NO_SPACE, problem_of

GUESSED = ("", "Tell from the file")
Kept = TypeVar("Kept", bound=FileImport)


class FileForm(forms.Form, Generic[Kept]):
    """A file and its format, told or guessed; subclasses guess, and keep it as their import."""

    file = forms.FileField(label="File")
    format = forms.ChoiceField(label="Format", required=False)

    def __init__(self, request: HttpRequest, by: Actor) -> None:
        is_sent = request.method == "POST"
        super().__init__(request.POST if is_sent else None, request.FILES if is_sent else None)
        self.by = by
        self.problem = problem_of(request)

    def guess(self, stream: BinaryIO, file_name: str) -> str:
        """The format of the file; FormatNotKnown when nothing tells it."""
        raise NotImplementedError

    def keep(self, file: Any) -> Kept:
        """The import of the file; ValidationError when there are too many."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.problem:
            self.errors.pop("file", None)
            self.add_error("file", self.problem)
        elif isinstance(file := cleaned.get("file"), UploadedFile) and not cleaned.get("format"):
            try:
                cleaned["format"] = self.guess(cast(BinaryIO, file.file), file.name or "")
            except FormatNotKnown:
                self.add_error("format", "This file does not look like any of these: choose one.")
        return cleaned

    def save(self) -> Kept | None:
        """Keep the file and start its check; None, with the reason as an error, when it cannot."""
        file = self.cleaned_data["file"]
        file.name = visible_name(file.name)
        try:
            return self.keep(file)
        except forms.ValidationError as error:
            self.add_error(None, error)
        except OSError:
            self.add_error("file", NO_SPACE)
        return None


class UploadForm(FileForm[SessionImport]):
    """A file of conversations, and where those come from that do not say it."""

    file = forms.FileField(
        label="File", widget=forms.FileInput(attrs={"accept": ".json,.jsonl,.ndjson"})
    )
    format = forms.ChoiceField(
        label="Format",
        required=False,
        choices=[GUESSED, *((f.slug, f.label) for f in catalog.FORMATS.values())],
    )
    source_name = forms.CharField(
        label="Source",
        required=False,
        max_length=Source._meta.get_field("name").max_length,
        validators=[refuse_hidden_characters],
        help_text="Where conversations come from that do not say it themselves, such as "
        "“helpdesk bot”. Left empty, the name of the format is taken.",
    )

    def clean_source_name(self) -> str:
        return unicodedata.normalize("NFC", self.cleaned_data["source_name"])

    def guess(self, stream: BinaryIO, file_name: str) -> str:
        return catalog.guess(stream, file_name)

    def keep(self, file: Any) -> SessionImport:
        return SessionImport.upload(
            file,
            sha256=file.sha256,
            format_slug=self.cleaned_data["format"],
            source_name=self.cleaned_data["source_name"],
            by=self.by,
        )


def visible_name(name: str) -> str:
    """The file's name as it can be stored and shown: no control characters, at most 200."""
    shown = "".join(c if c.isprintable() else "_" for c in printable(name))
    return unicodedata.normalize("NFC", shown)[-200:]
