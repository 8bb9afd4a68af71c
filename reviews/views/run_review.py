"""The way from a run to its review: the queue there is, or the form of a new one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.views import ScopedView
from reviews.models import Queue
from runs.models import Run


class RunReviewView(ScopedView):
    """GET: to the run's review, or for who may make one to its form."""

    model = Run
    verb = Verb.REVIEW

    def get(self, request: HttpRequest, pk: Any) -> HttpResponseBase:
        run = self.get_row(pk=pk)
        found = Queue.objects.visible_to(self.actor).filter(run=run).first()
        if found:
            return redirect(found)
        is_theirs = Run.objects.editable_by(self.actor).filter(pk=run.pk).exists()
        if not (is_theirs and self.actor.may(Verb.MANAGE_QUEUES)):
            raise Http404
        return redirect(f"{reverse('queue-create', args=[self.actor.team.slug])}?run={run.pk}")
