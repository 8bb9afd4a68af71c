"""The form of a model endpoint. Its key is taken and never shown."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from evalplatform import strict_json
from evalplatform.accounts.forms import ActForm
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor
from evalplatform.uploads import PROBLEM
from runs.answer_files import MOST_BYTES, read_answers
from runs.models import ModelEndpoint

KIND_SAYS = (
    (
        ModelEndpoint.Kind.OPENAI,
        "Server",
        "Any server that speaks the API of OpenAI: on the internet, or allowed by your operator.",
    ),
    (
        ModelEndpoint.Kind.REPLAY,
        "Replay",
        "Answers from a file of questions and answers: outputs made elsewhere. Needs no network.",
    ),
    (
        ModelEndpoint.Kind.ECHO,
        "Echo",
        "Answers with the question itself, for trying things out. Needs no network.",
    ),
)
OF_NO_SERVER: dict[str, Any] = {"base_url": "", "model": "", "parameters": {}}


class EndpointForm(ActForm):
    """What a person says of an endpoint; `save` gives the saved one, or None with errors."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label="Kind",
        choices=ModelEndpoint.Kind.choices,
        initial=ModelEndpoint.Kind.OPENAI,
        widget=forms.RadioSelect,
    )
    base_url = forms.CharField(
        label="Base address",
        required=False,
        max_length=500,
        widget=forms.URLInput(
            attrs={"placeholder": "https://api.example.org/v1", "autocomplete": "off"}
        ),
        help_text="The address before /chat/completions; most end with /v1.",
    )
    model = forms.CharField(
        label="Model",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="As the server calls it.",
    )
    key = forms.CharField(
        label="Key",
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    forget_key = forms.BooleanField(label="Remove the stored key", required=False)
    parameters = forms.CharField(
        label="Parameters",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono", "spellcheck": "false"}),
        help_text='JSON that is sent with each question, as {"temperature": 0, "max_tokens": 500}.',
    )
    answers_text = forms.CharField(
        label="Questions and answers",
        required=False,
        max_length=MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
        help_text="Pasted as CSV with the columns Question and Answer, or as JSON.",
    )
    answers_file = forms.FileField(
        label="Or a file of them",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.json"}),
        help_text="CSV or JSON, at most 5 MB.",
    )
    timeout_seconds = forms.IntegerField(
        label="Seconds to answer", initial=60, min_value=1, max_value=600
    )
    max_attempts = forms.IntegerField(
        label="Attempts at a question", initial=4, min_value=1, max_value=10
    )
    max_parallel = forms.IntegerField(
        label="Questions at once", initial=4, min_value=1, max_value=64
    )
    per_minute = forms.IntegerField(
        label="Questions a minute",
        required=False,
        min_value=1,
        max_value=100_000,
        help_text="Left empty: no limit. All runs share it.",
    )
    is_shared = forms.BooleanField(
        label="Shared with the team",
        required=False,
        help_text="Everybody in the team may ask it, at the cost of its key. Nobody sees the key.",
    )

    def __init__(
        self, request: HttpRequest, by: Actor, endpoint: ModelEndpoint | None = None
    ) -> None:
        posted = request.method == "POST"
        self.request, self.by, self.endpoint = request, by, endpoint
        super().__init__(
            data=request.POST if posted else None,
            files=request.FILES if posted else None,
            initial=shown_of(endpoint) if endpoint else None,
        )
        if not (endpoint and endpoint.sealed_key):
            del self.fields["forget_key"]
        self.fields["key"].help_text = self._key_says()

    def _key_says(self) -> str:
        if not (self.endpoint and self.endpoint.sealed_key):
            return "Sealed when it is saved, sent to this address only, and never shown again."
        ends = f" that ends with {self.endpoint.key_hint}" if self.endpoint.key_hint else ""
        return f"A key{ends} is stored for {self.endpoint.key_origin}. Left empty, it stays."

    def clean_name(self) -> str:
        return unicodedata.normalize("NFC", self.cleaned_data["name"])

    def clean_parameters(self) -> dict[str, Any]:
        text = self.cleaned_data["parameters"].strip()
        try:
            held = strict_json.loads(text) if text else {}
        except strict_json.StrictJsonError as error:
            raise ValidationError(error.message) from None
        if not isinstance(held, dict):
            raise ValidationError('Write an object, as {"temperature": 0}.')
        return held

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if problem := self.request.META.get(PROBLEM):
            self.add_error("answers_file", str(problem))
        elif said.get("kind") == ModelEndpoint.Kind.REPLAY:
            self._take_answers(said)
        return said

    def _take_answers(self, said: dict[str, Any]) -> None:
        """Read what was pasted or uploaded; nothing new keeps the answers there are."""
        file, text = said.get("answers_file"), said.get("answers_text", "")
        if file is None and not text.strip():
            if not (self.endpoint and self.endpoint.answers):
                self.add_error("answers_text", "Paste questions and answers, or choose a file.")
            return
        place = "answers_file" if file else "answers_text"
        if file and file.size > MOST_BYTES:
            self.add_error(place, "At most 5 MB of answers can be taken.")
            return
        try:
            said["answers"] = read_answers(file.read() if file else text.encode())
        except ValidationError as error:
            self.add_error(place, error)

    def save(self) -> ModelEndpoint | None:
        """Make the endpoint or change it; what the model refuses stands at its field."""
        saved: ModelEndpoint | None = self.attempt(self._change if self.endpoint else self._make)
        return saved

    def _make(self) -> ModelEndpoint:
        return ModelEndpoint.create(by=self.by, **self._values())

    def _change(self) -> ModelEndpoint:
        assert self.endpoint
        self.endpoint.change(by=self.by, **self._values())
        return self.endpoint

    def _values(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        key, forget = said.pop("key"), said.pop("forget_key", False)
        del said["answers_text"], said["answers_file"]
        if said["kind"] != ModelEndpoint.Kind.REPLAY:
            said["answers"] = {}
        if said["kind"] != ModelEndpoint.Kind.OPENAI:
            return said | OF_NO_SERVER | ModelEndpoint.sealed("", "")
        if key or forget:
            return said | ModelEndpoint.sealed(key, said["base_url"])
        return said


def shown_of(endpoint: ModelEndpoint) -> dict[str, Any]:
    """Return what the form shows of an endpoint there is."""
    names = [name for name in EndpointForm.base_fields if hasattr(endpoint, name)]
    said = endpoint.parameters
    parameters = json.dumps(said, ensure_ascii=False) if said else ""
    return {name: getattr(endpoint, name) for name in names} | {"parameters": parameters}
