"""The mail that repeats a notification, sent by a job: the inbox is the truth, the mail a courtesy.

The job acts as the recipient, so nothing is mailed to somebody whose access has ended.
"""

from __future__ import annotations

from smtplib import SMTPException
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone

from evalplatform.jobs.kinds import job_kind
from evalplatform.jobs.running import Turn
from evalplatform.notifications.models import Notification


class MailNotSentError(Exception):
    """The mail server did not take the mail; the job is tried again, then given up."""


@job_kind("mail_notification")
def mail_notification(turn: Turn) -> dict[str, bool]:
    """Send it unless it was sent or read before; a worker that dies here may send it again.

    No lock is held meanwhile: a slow mail server must not keep a person from reading.
    """
    waiting = Notification.objects.visible_to(turn.actor).unread().select_related("user", "team")
    found = waiting.filter(pk=turn.arguments["notification"], mailed_at=None).first()
    if found is None:
        return {"sent": False}
    send(found)
    found.mailed_at = timezone.now()
    found.save(update_fields=["mailed_at"])
    return {"sent": True}


def send(notification: Notification) -> None:
    """Hand the mail to the server. Raises MailNotSentError, which names no address."""
    to = [notification.user.email]
    try:
        send_mail(notification.title, text_of(notification), None, to)
    except (OSError, SMTPException) as error:
        raise MailNotSentError(type(error).__name__) from None


def text_of(notification: Notification) -> str:
    """Return title, body and the link that opens it, where the platform's address is known."""
    opening = reverse("notification-open", args=[notification.team.slug, notification.pk])
    link = urljoin(settings.PUBLIC_URL, opening) if settings.PUBLIC_URL else ""
    end = f"You get this as a member of {notification.team} on evalplatform."
    parts = [notification.title, notification.body, link, end]
    return "\n\n".join(part for part in parts if part) + "\n"
