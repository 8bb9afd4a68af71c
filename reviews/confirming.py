"""Bulk acts of the admin that ask before they act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.template.response import TemplateResponse

from evalplatform.scoping.admin import ScopedModelAdmin

MOST_NAMED = 20


class Confirmed(ScopedModelAdmin):
    """An admin page whose bulk acts first say what they do, and to how many rows."""

    def confirmed(
        self,
        request: Any,
        rows: Any,
        act: Callable[[Any], object],
        done: str,
        *,
        action: str,
        title: str,
        says: str,
        people: Any = None,
        is_said: bool = True,
    ) -> TemplateResponse | None:
        """Do it once the page that asks was answered; `people` are asked for when there are any."""
        if request.POST.get("confirmed") and is_said:
            self.each(request, rows, act, done)
            return None
        n = rows.count()
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "says": says,
            "action": action,
            "rows": [str(row) for row in rows[:MOST_NAMED]],
            "n": n,
            "n_more": max(0, n - MOST_NAMED),
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "is_across": request.POST.get("select_across") == "1",
            "people": people,
            "problem": "Choose somebody." if request.POST.get("confirmed") else "",
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/confirm_act.html", context)
