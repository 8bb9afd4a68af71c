"""Who reviews in a queue, chosen among the members who may, with what each has to do."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.views import ScopedPage
from reviews.queueing import assign
from reviews.reviewers import who_may_review
from reviews.views.queue_page import OfQueue
from reviews.workload import workload_of_all

NOT_OURS = "One of these people is not in the team any more, or may not review. Choose again."


class QueueAssignView(OfQueue, ScopedPage):
    """GET: everybody who may review, with their workload. POST: ask these, or everybody."""

    verb = Verb.MANAGE_QUEUES
    template_name = "reviews/queue_assign.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        self.require_editor()
        return {
            "queue": self.queue,
            "queue_url": self.url("queue"),
            "queues_url": reverse("queues", args=[self.actor.team.slug]),
            "people": workload_of_all(self.queue, self.actor),
            "problem": kwargs.get("problem", ""),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        self.require_editor()
        people = {str(row.user_id): row.user for row in who_may_review(self.actor)}
        wanted = request.POST.getlist("reviewers")
        try:
            if not set(wanted) <= people.keys():
                raise ValidationError(NOT_OURS)
            assign(self.queue, [people[pk] for pk in wanted], by=self.actor)
        except ValidationError as error:
            context = self.context(problem=" ".join(error.messages))
            return self.render_to_response(self.get_context_data(**context), status=422)
        n = len(set(wanted))
        text = f"{n} reviewer{'' if n == 1 else 's'} asked." if n else "Everyone may review now."
        messages.success(request, text)
        return redirect(self.queue)
