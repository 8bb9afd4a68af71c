"""Webhooks: the list, one of them with its form, its events and its test, and its end."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.scoping.keyset import Page, fetch_page
from evalplatform.scoping.managers import get_visible
from evalplatform.scoping.views import ScopedPage, ScopedView
from reviews.models import WebhookDelivery, WebhookSubscription
from reviews.webhook_forms import WebhookForm
from reviews.webhooks.sending import send_again, send_test

PAGE = 50
TONES = {"delivered": "pass", "failed": "fail", "pending": "attention"}


def page_of(rows: Any, keys: tuple[str, ...], token: str, *, ascending: bool = False) -> Page:
    """The page asked for; an old or broken link starts from the first one."""
    try:
        return fetch_page(rows, keys, token, PAGE, ascending=ascending)
    except ValidationError:
        return fetch_page(rows, keys, "", PAGE, ascending=ascending)


def neighbours(page: Page) -> dict[str, str]:
    """The addresses of the pages beside this one."""
    return {
        "newer_url": f"?page={page.newer}" if page.newer else "",
        "older_url": f"?page={page.older}" if page.older else "",
    }


class WebhooksView(ScopedPage):
    """Webhooks by name."""

    model = WebhookSubscription
    verb = "manage_webhooks"
    template_name = "reviews/webhooks.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.rows().select_related("owner")
        page = page_of(rows, ("name", "id"), self.request.GET.get("page", ""), ascending=True)
        return {"webhooks": page.rows, **neighbours(page)}


class WebhookCreateView(ScopedPage):
    """A new webhook of the actor."""

    model = WebhookSubscription
    verb = "manage_webhooks"
    template_name = "reviews/webhook.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"form": kwargs.get("form") or WebhookForm(self.request, self.actor)}

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = WebhookForm(request, self.actor)
        made = form.save()
        if made is not None:
            messages.success(request, "Saved. Send a test to see whether it arrives.")
            return redirect(made)
        return self.render_to_response(self.get_context_data(**self.context(form=form)), status=422)


class OfWebhook(ScopedView):
    """A view under /webhooks/<pk>/: 404 unless it is visible."""

    model = WebhookSubscription
    verb = "manage_webhooks"

    @cached_property
    def webhook(self) -> WebhookSubscription:
        """The webhook of the address."""
        found: WebhookSubscription = self.get_row(pk=self.kwargs["pk"])
        found.team = self.actor.team
        return found


class WebhookPage(OfWebhook, ScopedPage):
    """One webhook: its form, its test, and the events that were sent."""

    template_name = "reviews/webhook.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        rows = WebhookDelivery.objects.visible_to(self.actor).filter(subscription=self.webhook)
        page = page_of(rows, ("created_at", "id"), self.request.GET.get("page", ""))
        return {
            "webhook": self.webhook,
            "form": kwargs.get("form") or WebhookForm(self.request, self.actor, self.webhook),
            "deliveries": [(row, TONES[row.state]) for row in page.rows],
            **neighbours(page),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = WebhookForm(request, self.actor, self.webhook)
        if form.save() is not None:
            messages.success(request, "Saved.")
            return redirect(self.webhook)
        return self.render_to_response(self.get_context_data(**self.context(form=form)), status=422)


class WebhookTestView(OfWebhook, ScopedPage):
    """POST: send a test at once, and show what came of it."""

    http_method_names = ("post",)
    template_name = "reviews/_webhook_test.html"

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        tried = send_test(self.webhook)
        return self.render_to_response(self.get_context_data(tried=tried))


class WebhookDeleteView(OfWebhook):
    """POST: delete it, its secret, and what was not sent yet."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.webhook.remove(by=self.actor)
        messages.success(request, f"Deleted {self.webhook.name[:80]} and its secret.")
        return redirect("webhooks", self.actor.team.slug)


class DeliveryAgainView(OfWebhook):
    """POST: send an event once more, with its id."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        found = get_visible(
            WebhookDelivery, self.actor, pk=kwargs["delivery"], subscription=self.webhook
        )
        send_again(found)
        off = "" if self.webhook.is_enabled else " when the webhook is switched on"
        messages.success(request, f"It is sent again in a moment{off}.")
        return redirect(self.webhook)
