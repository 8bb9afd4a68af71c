"""The export dialog: opened from a list of sessions, it shows what would be in the file."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from datasets.models import Session
from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.views import ScopedPage
from exports.catalog import FORMATS
from exports.forms import TURN_MODES, ExportForm, Preview, as_hidden, chosen_sessions
from exports.models import Export
from exports.selection import Selection


class ExportDialogView(ScopedPage):
    """The dialog (GET or POST, for many ids), and with `part=preview` its counts and warnings."""

    model = Session
    verb = Verb.EXPORT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(request.GET)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if request.GET.get("part") == "preview":
            return self.show_preview(request.POST)
        return self.show(both(request))

    def show(
        self, data: QueryDict, form: ExportForm | None = None, problem: str = ""
    ) -> HttpResponse:
        """Show the dialog, or the same as a page of its own where there is no htmx."""
        selection, wrong = read_selection(self, data)
        form = form or ExportForm()
        bound = form if form.is_bound and form.is_valid() else defaults()
        shown = {
            "form": form,
            "formats": FORMATS.values(),
            "turn_modes": [(mode.value, *texts) for mode, texts in TURN_MODES.items()],
            "hidden": as_hidden(selection) if selection else [],
            "selection": selection,
            "preview": selection and preview_of(self, selection, bound),
            "problem": wrong or problem,
        }
        self.template_name = "exports/_dialog.html" if is_part(self.request) else "exports/new.html"
        status = 422 if form.errors or problem else 200
        return self.render_to_response(self.get_context_data(**shown), status=status)

    def show_preview(self, data: QueryDict) -> HttpResponse:
        """Show counts and warnings of what is chosen at this moment."""
        self.template_name = "exports/_preview.html"
        form = ExportForm(data)
        selection, wrong = read_selection(self, data)
        preview = preview_of(self, selection, form) if selection and form.is_valid() else None
        return self.render_to_response(self.get_context_data(preview=preview, problem=wrong))

    def start(self, request: HttpRequest) -> HttpResponse:
        """Ask for the file, once however often the form is sent, and go to its page."""
        form = ExportForm(request.POST)
        selection, wrong = read_selection(self, request.POST)
        if not form.is_valid() or selection is None:
            return self.show(request.POST, form, wrong)
        try:
            export, _ = Export.request(
                form.export_format,
                form.options,
                selection,
                is_bundle=form.cleaned_data["is_bundle"],
                by=self.actor,
                idempotency_key=f"page:{form.cleaned_data['token']}",
            )
        except Conflict as error:
            return self.show(request.POST, form, str(error.detail))
        return redirect(export)


def both(request: HttpRequest) -> QueryDict:
    """Return the view's filters, which its address has, with the ticked ids, which are too many."""
    data = request.GET.copy()
    for name, values in request.POST.lists():
        data.setlist(name, values)
    return data


def is_part(request: HttpRequest) -> bool:
    """Say whether htmx will put the answer into the page there is."""
    return bool(getattr(request, "htmx", False))


def defaults() -> ExportForm:
    """Return the form as it is when the dialog opens, filled in."""
    form = ExportForm()
    filled = ExportForm(
        {name: form.get_initial_for_field(f, name) for name, f in form.fields.items()}
    )
    filled.full_clean()
    return filled


def read_selection(view: ExportDialogView, data: QueryDict) -> tuple[Selection | None, str]:
    """Return the selection, or what is wrong with its filters."""
    try:
        return chosen_sessions(view.actor, data), ""
    except ValidationError as error:
        return None, " ".join(error.messages)


def preview_of(view: ExportDialogView, selection: Selection, form: ExportForm) -> Preview:
    """Count for a form that is valid."""
    return Preview.of(view.actor, selection, form.export_format, form.options)
