"""The export dialog: a format, its options, and which sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict

from datasets.filters import NAMES, as_params
from evalplatform.scoping.actor import Actor
from exports.catalog import FORMATS, ExportFormat
from exports.formats.options import ExportOptions, TurnMode
from exports.preview import MANY, Counts, count
from exports.selection import Selection

TURN_MODES = {
    TurnMode.PER_TURN: ("Each turn", "One test case per question and reply."),
    TurnMode.FULL: ("Whole conversation", "One test case per session, with all that was said."),
    TurnMode.FINAL_ONLY: ("Last turn only", "One test case per session, its last reply."),
}


class AgainForm(forms.Form):
    """The button that asks for an export once more; its token is of the form on the page."""

    token = forms.UUIDField(widget=forms.HiddenInput)


class BundleForm(forms.Form):
    """The switch that every dialog of a file has."""

    is_bundle = forms.BooleanField(
        required=False,
        label="As a verifiable bundle",
        help_text="A ZIP with the file, a manifest of what it holds and a small program that names "
        "whatever was changed since, without the platform.",
    )


class ExportForm(BundleForm):
    """Format and options; the dialog's own defaults are formats.md 1.7."""

    format = forms.ChoiceField(
        choices=[(one.slug, one.label) for one in FORMATS.values()], widget=forms.RadioSelect
    )
    turn_mode = forms.ChoiceField(
        label="A test case is",
        choices=[(mode.value, label) for mode, (label, _) in TURN_MODES.items()],
        widget=forms.RadioSelect,
    )
    context_from_turns = forms.BooleanField(
        required=False,
        label="Context from earlier turns",
        help_text="What was said before the question goes into its context.",
    )
    include_metadata = forms.BooleanField(
        required=False,
        label="Metadata",
        help_text="Session, model, tokens, project, tags and status with every test case.",
    )
    include_system = forms.BooleanField(
        required=False,
        label="System prompts",
        help_text="They often hold instructions that should not leave the team.",
    )
    anonymise_paths = forms.BooleanField(
        required=False,
        label="Anonymise user names in paths",
        help_text="/home/ann becomes /home/user.",
    )
    code_blocks_only = forms.BooleanField(
        required=False,
        label="Only code blocks of replies",
        help_text="Questions stay whole; replies without code are left out.",
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        first = {"format": next(iter(FORMATS)), "token": uuid4()}
        defaults = ExportOptions.dialog_defaults().canonical()
        super().__init__(data, initial={**first, **defaults}, **kwargs)

    @property
    def export_format(self) -> ExportFormat:
        """Return the chosen format."""
        return FORMATS[self.cleaned_data["format"]]

    @property
    def options(self) -> ExportOptions:
        """Return the chosen options."""
        names = ExportOptions().canonical()
        return ExportOptions.parse({name: self.cleaned_data[name] for name in names})

    @property
    def shared_switches(self) -> list[forms.BoundField]:
        """Return the options that every format has."""
        return [self["include_system"], self["anonymise_paths"], self["code_blocks_only"]]

    @property
    def test_case_switches(self) -> list[forms.BoundField]:
        """Return the options of a format that holds test cases."""
        return [self["context_from_turns"], self["include_metadata"]]


def option_texts(options: ExportOptions, export_format: ExportFormat) -> list[str]:
    """Return the options that this format heeds, in the dialog's words."""
    form, told = ExportForm(), []
    if export_format.holds_test_cases:
        told.append(f"{TURN_MODES[options.turn_mode][0]} is a test case")
    own = form.test_case_switches if export_format.holds_test_cases else []
    for field in own + form.shared_switches:
        told.append(f"{field.label}: {'yes' if getattr(options, field.name) else 'no'}")
    return told


def chosen_sessions(actor: Actor, data: QueryDict) -> Selection:
    """Read which sessions: the ticked ones, or all of the filtered view."""
    is_all = data.get("scope") == "all" or data.get("all_matching") == "1"
    if "ids" in data and not is_all:
        return Selection.checked(actor, session_ids=data.getlist("ids"))
    return Selection.checked(
        actor, filters={name: data.getlist(name) for name in NAMES if name in data}
    )


def as_hidden(selection: Selection) -> list[tuple[str, str]]:
    """Return the selection as the hidden fields that `chosen_sessions` reads."""
    if selection.session_ids is not None:
        return [("ids", one) for one in selection.session_ids or ("",)]
    filters = as_params(selection.filters)
    return [("scope", "all"), *((n, value) for n, values in filters.lists() for value in values)]


@dataclass(frozen=True)
class Preview:
    """What the file would hold, and what its reader should know before it is made."""

    export_format: ExportFormat
    options: ExportOptions
    counts: Counts
    n_not_ready: int

    @classmethod
    def of(
        cls, actor: Actor, selection: Selection, export_format: ExportFormat, options: ExportOptions
    ) -> Preview:
        """Count what the actor would get."""
        counts = count(selection.limited_rows(actor))
        chosen = selection.session_ids is not None and selection.chosen(actor).count()
        return cls(export_format, options, counts, max(0, int(chosen) - counts.n_sessions))

    @property
    def n_sessions(self) -> int:
        return self.counts.expected_sessions(self.export_format)

    @property
    def n_test_cases(self) -> int:
        return self.counts.expected_test_cases(self.export_format, self.options)

    @property
    def is_upper_bound(self) -> bool:
        """Say whether the options may leave out more than can be counted beforehand."""
        return self.options.code_blocks_only

    @property
    def warnings(self) -> list[str]:
        """Return sentences, most important first."""
        found = [
            (self.n_not_ready, "not eval-ready and will not be exported"),
            (self.counts.n_without_messages, "without messages and will be skipped"),
            (self.n_without_pairs, "without a reply and will be skipped"),
            (self.counts.n_without_model, "without a model"),
        ]
        told = [f"{sessions(n)} {'is' if n == 1 else 'are'} {what}." for n, what in found if n]
        if self.n_sessions > MANY:
            told.append(f"More than {MANY:,} sessions: building the file may take a while.")
        return told

    @property
    def n_without_pairs(self) -> int:
        """Count the sessions that hold messages but no test case, where test cases are wanted."""
        if not self.export_format.holds_test_cases:
            return 0
        return self.counts.n_with_messages - self.counts.n_with_pairs


def sessions(n: int) -> str:
    """Return "1 session" or "1,204 sessions"."""
    return f"{n:,} session{'' if n == 1 else 's'}"
