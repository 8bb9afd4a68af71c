"""What people and programs are told of an export: its name, what it is of, what kind of file."""

from __future__ import annotations

from typing import Any

from exports.catalog import BUNDLE_SUFFIX, BUNDLE_TYPE, ExportFormat, file_name, named
from exports.formats.options import ExportOptions
from exports.item_catalog import ItemExportFormat
from exports.review_catalog import REVIEW_FORMATS, ReviewExportFormat
from exports.run_catalog import RunExportFormat
from exports.selection import Selection


class Described:
    """Read from the fields of an export (models.py), which is one of these."""

    format: Any
    options: Any
    filters: Any
    is_bundle: Any
    dataset: Any
    dataset_version: Any
    run: Any
    queue: Any
    file_name: Any
    manifest: Any
    created_at: Any

    @property
    def selection(self) -> Selection:
        return Selection.from_canonical(self.filters)

    @property
    def export_format(
        self,
    ) -> ExportFormat | ItemExportFormat | RunExportFormat | ReviewExportFormat:
        return named(self.format)

    @property
    def text(self) -> str:
        """Return what the file is about, as a person says it."""
        if self.dataset is not None:
            return f"{self.dataset.name}, version {self.dataset_version}"
        if self.format in REVIEW_FORMATS:
            row = self.run or self.queue
            return f"Reviews of {row}"
        if self.run is not None:
            return f"Run {self.run.title}"
        return self.selection.text

    @property
    def parsed_options(self) -> ExportOptions:
        return ExportOptions.parse(self.options)

    @property
    def download_name(self) -> str:
        """Return the name its reader gets; the stored one is not for people."""
        return self.file_name or file_name(
            self.format, self.created_at.date(), is_bundle=self.is_bundle
        )

    @property
    def suffix(self) -> str:
        """Return the ending of the file's name."""
        return BUNDLE_SUFFIX if self.is_bundle else self.export_format.suffix

    @property
    def media_type(self) -> str:
        return BUNDLE_TYPE if self.is_bundle else self.export_format.media_type

    @property
    def bundle(self) -> dict[str, str]:
        """Return the digests of a bundle that is built."""
        found: dict[str, str] = (self.manifest or {}).get("bundle", {})
        return found

    @property
    def label(self) -> str:
        """Return the format as a person says it."""
        return self.export_format.label + (", bundle" if self.is_bundle else "")
