"""The form of a webhook. Its secret is taken and never shown."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.http import HttpRequest

from evalplatform.accounts.forms import ActForm
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor
from reviews.models import WebhookSubscription
from reviews.models.webhook import EVENTS, SHORTEST_SECRET


class WebhookForm(ActForm):
    """What a person says of a webhook; `save` gives the saved one, or None with errors."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    url = forms.CharField(
        label="Address",
        max_length=1000,
        widget=forms.URLInput(
            attrs={"placeholder": "https://hooks.example.org/reviews", "autocomplete": "off"}
        ),
        help_text="Events are sent here by POST, as JSON.",
    )
    secret = forms.CharField(
        label="Secret",
        required=False,
        min_length=SHORTEST_SECRET,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    events = forms.MultipleChoiceField(
        label="Events",
        choices=list(EVENTS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    is_enabled = forms.BooleanField(label="Switched on", required=False, initial=True)

    def __init__(
        self, request: HttpRequest, by: Actor, webhook: WebhookSubscription | None = None
    ) -> None:
        posted = request.method == "POST"
        self.by, self.webhook = by, webhook
        names = ("name", "url", "events", "is_enabled")
        shown = {name: getattr(webhook, name) for name in names} if webhook else None
        super().__init__(data=request.POST if posted else None, initial=shown)
        says = "At least 16 characters made at random; both sides know it. Never shown again."
        stays = "Left empty, the stored one stays. Another host asks for it again."
        self.fields["secret"].help_text = stays if webhook else says

    def clean_name(self) -> str:
        return unicodedata.normalize("NFC", self.cleaned_data["name"])

    def save(self) -> WebhookSubscription | None:
        """Make it or change it; what the model refuses stands at its field."""
        saved: WebhookSubscription | None = self.attempt(self._act)
        return saved

    def _act(self) -> WebhookSubscription:
        said: dict[str, Any] = dict(self.cleaned_data)
        if self.webhook is None:
            return WebhookSubscription.create(by=self.by, **said)
        if not said["secret"]:
            del said["secret"]
        self.webhook.change(by=self.by, **said)
        return self.webhook
