"""What is done to a run from its page."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.errors import Conflict
from runs import analysis, steering
from runs.models import Run
from runs.views.run_page import OfRun


class RunActView(OfRun):
    """POST: `act` says what; it ends on the run's page, or on the list when the run is gone."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: object) -> HttpResponseBase:
        act = self.acts().get(request.POST.get("act") or request.GET.get("act", ""))
        if act is None:
            return HttpResponse("There is no such act.", status=422, content_type="text/plain")
        try:
            return act()
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        except Conflict as error:
            messages.error(request, str(error.detail))
        return redirect(self.run)

    def acts(self) -> dict[str, Callable[[], HttpResponseBase]]:
        return {
            "share": self.share,
            "rename": self.rename,
            "delete": self.delete_run,
            "restore": self.restore,
            "pause": self.pause,
            "resume": self.resume,
            "cancel": self.cancel,
            "retry": self.retry,
            "analyse": self.analyse,
        }

    def said(self, words: str) -> HttpResponseBase:
        messages.success(self.request, words)
        return redirect(self.run)

    def share(self) -> HttpResponseBase:
        is_shared = self.request.POST.get("is_shared") == "1"
        self.run.change(is_shared=is_shared, by=self.actor)
        return self.said("Shared with the team." if is_shared else "No longer shared.")

    def rename(self) -> HttpResponseBase:
        self.run.change(title=self.request.POST.get("title", "").strip(), by=self.actor)
        return self.said("Saved.")

    def pause(self) -> HttpResponseBase:
        steering.pause(self.run, by=self.actor)
        return self.said("Paused. What was under way is saved; resume when you like.")

    def resume(self) -> HttpResponseBase:
        steering.resume(self.run, by=self.actor)
        return self.said("It goes on.")

    def cancel(self) -> HttpResponseBase:
        steering.cancel(self.run, by=self.actor)
        return self.said("Cancelled. What was done is kept.")

    def retry(self) -> HttpResponseBase:
        n = steering.retry_failed(self.run, by=self.actor)
        return self.said(f"{n:,} row{'' if n == 1 else 's'} will be done again.")

    def analyse(self) -> HttpResponseBase:
        job = analysis.request(self.run, by=self.actor)
        words = "The judge writes a summary: it appears here soon." if job else "Analysed."
        return self.said(words)

    def delete_run(self) -> HttpResponseBase:
        self.run.delete_for_all(by=self.actor)
        undo = f"undo:{self.url('run-act')}?act=restore"
        messages.success(self.request, f"Deleted {self.run.title[:80]}.", extra_tags=undo)
        return redirect("runs", self.actor.team.slug)

    def restore(self) -> HttpResponseBase:
        try:
            run = Run.restore_deleted(self.kwargs["pk"], by=self.actor)
        except Run.DoesNotExist as error:
            raise Http404 from error
        messages.success(self.request, f"{run.title[:80]} is back.")
        return HttpResponse(status=204)
