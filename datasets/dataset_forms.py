"""Forms about a dataset as a whole."""

from __future__ import annotations

import unicodedata

from django import forms

from datasets.models import Dataset
from evalplatform.accounts.models.user import refuse_hidden_characters

MAX_DESCRIPTION = 20_000
LEVEL_SAYS = (
    (
        Dataset.Level.MESSAGE,
        "Messages",
        "One item is one exchange: an input and its output. Items may carry checks, so this is "
        "what a test suite is made of.",
    ),
    (
        Dataset.Level.SESSION,
        "Sessions",
        "One item is a whole conversation. Items come from sessions, from queues and by rules, "
        "not by hand.",
    ),
)


class NameForm(forms.Form):
    """What a dataset is called."""

    name = forms.CharField(
        label="Name",
        max_length=Dataset._meta.get_field("name").max_length,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it is for, and where its items come from.",
    )

    def clean_name(self) -> str:
        return unicodedata.normalize("NFC", self.cleaned_data["name"])


class CreateForm(NameForm):
    """A new dataset; its level can never be changed."""

    level = forms.ChoiceField(
        label="Level",
        choices=[(value, label) for value, label, _ in LEVEL_SAYS],
        initial=Dataset.Level.MESSAGE,
        widget=forms.RadioSelect,
    )


class SettingsForm(NameForm):
    """What can be changed of a dataset."""

    is_shared = forms.BooleanField(
        label="Shared with the team",
        required=False,
        help_text="Everybody in the team may read and export it. Only its owner, and who "
        "administers the team, can change it.",
    )


class VersionTitleForm(forms.Form):
    """The title of a version; empty for none."""

    title = forms.CharField(
        label="Title",
        required=False,
        max_length=200,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_title(self) -> str:
        return unicodedata.normalize("NFC", self.cleaned_data["title"])
