"""The browsers that a person is signed in with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session as SignIn
from django.utils import timezone

if TYPE_CHECKING:
    from evalplatform.accounts.models import User


def end_sign_ins(user: User) -> int:
    """Sign the person out of every browser; returns of how many.

    Whose a sign-in is stands inside it, so that all living ones are read: rare enough.
    """
    living = SignIn.objects.filter(expire_date__gt=timezone.now())
    mine = [
        row.pk
        for row in living.iterator(chunk_size=1000)
        if row.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    SignIn.objects.filter(pk__in=mine).delete()
    return len(mine)
