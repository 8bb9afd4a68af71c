"""The mail that brings an invitation's link, where a mail server is configured."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail

from evalplatform.accounts.models import Invitation

TEXT = """\
You are invited to join {team} on evalplatform as {role}.

Open this link to join. It works once, for seven days:

{link}

If you did not expect this, ignore it: nothing happens without you.
"""
log = logging.getLogger(__name__)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Send the link when there is a mail server; say whether it went out."""
    if not settings.HAS_MAIL_SERVER:
        return False
    text = TEXT.format(team=invitation.team, role=invitation.role, link=link)
    try:
        send_mail(f"Join {invitation.team} on evalplatform", text, None, [invitation.email])
    except (OSError, SMTPException) as error:
        log.warning("The invitation mail could not be sent: %s", type(error).__name__)
        return False
    return True
