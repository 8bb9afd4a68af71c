"""The base of every admin page: visible rows, verbs, and changes through model methods only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.filters import RelatedFieldListFilter, SimpleListFilter
from django.contrib.admin.utils import unquote
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.template.response import TemplateResponse

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.fields import visible_rows_of
from evalplatform.scoping.keyset import capped_count
from evalplatform.scoping.patience import TooBroadError, patience

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

EVENTS_SHOWN = 200
KEPT_URLS = ("_changelist", "_change", "_history")
SUFFIXES = ("exact", "isnull", "gte", "lt", "id__exact")


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor that the admin site found for this request."""
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Actor):
        raise PermissionDenied
    return actor


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than 10,000, so that no page of a big table counts all of it."""

    is_capped = False

    @cached_property
    def count(self) -> int:
        n, self.is_capped = capped_count(self.object_list)
        return n


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A side filter over a foreign key that offers visible rows only."""

    def field_choices(self, field: Any, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        rows = visible_rows_of(field.remote_field.model, actor_of(request))
        return [(str(row.pk), str(row)) for row in rows[:200]]


class ScopedModelAdmin(ModelAdmin):
    """Rows through the front door; nothing is added or deleted; a save is a model's method.

    Subclasses say: `fields` (shown, an allowlist), `verb` to see, `act_verb` to change or run bulk
    actions, `writable` (which fields the form takes) with `save_row`, and `linked_by` (look-ups
    that other admin pages link with).
    """

    verb: ClassVar[str] = Verb.SEE
    act_verb: ClassVar[str | None] = None
    writable: ClassVar[tuple[str, ...]] = ()
    linked_by: ClassVar[tuple[str, ...]] = ()

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    list_max_show_all = 0
    list_per_page = 50

    # --- rows -------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows that the actor may see, never all rows."""
        rows = self.model.objects.visible_to(actor_of(request))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs["queryset"] = visible_rows_of(db_field.remote_field.model, actor_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        raise ImproperlyConfigured(f"{self}: many-to-many fields are not edited here.")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Take from the address only what a declared filter asks: no hash is read by letters."""
        allowed = set(self.linked_by)
        for item in self.get_list_filter(request):
            if isinstance(item, type) and issubclass(item, SimpleListFilter):
                allowed.add(str(item.parameter_name))
            else:
                name = item[0] if isinstance(item, tuple) else item
                allowed.update(f"{name}__{suffix}" for suffix in SUFFIXES)
        return lookup in allowed

    def _get_obj_does_not_exist_redirect(self, request: Any, opts: Any, object_id: Any) -> Any:
        raise Http404  # an invisible row and an absent one are the same

    # --- verbs ------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).may(self.verb)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Say whether the actor may run this page's bulk actions."""
        return self.act_verb is not None and actor_of(request).may(self.act_verb)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not self.writable or not self.has_act_permission(request):
            return False
        editable = self.model.objects.editable_by(actor_of(request))
        return obj is None or editable.filter(pk=obj.pk).exists()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- pages ------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        """Keep list, detail and history: there is no adding and no deleting to have an address."""
        return [url for url in super().get_urls() if (url.name or "").endswith(KEPT_URLS)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return tuple(name for name in self.fields or () if name not in self.writable)

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the row's own page, not through Django's redirect that knows no rule."""
        return obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else None

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        """Show the list, or say within seconds that it is too broad; actions take their time."""
        if request.method != "GET":
            return super().changelist_view(request, extra_context)
        try:
            with patience():
                response = super().changelist_view(request, extra_context)
                return response.render() if hasattr(response, "render") else response
        except TooBroadError:
            context = {**self.admin_site.each_context(request), "title": "Too broad"}
            return TemplateResponse(request, "admin/too_broad.html", context, status=503)

    def changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Make the change through the model's own method, which checks and records it."""
        if form.changed_data:
            row = self.model.objects.editable_by(actor_of(request)).get(pk=obj.pk)
            said = {name: form.cleaned_data[name] for name in form.changed_data}
            self.save_row(row, said, actor_of(request))

    def save_row(self, row: Any, values: dict[str, Any], actor: Actor) -> None:
        """Call the method of the model that this form stands for."""
        raise ImproperlyConfigured(f"{self} has writable fields and no save_row().")

    def history_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        """Show the row's audit events to those who may read them."""
        from evalplatform.audit.models import AuditEvent

        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        actor = actor_of(request)
        if not actor.may(Verb.READ_AUDIT):
            raise PermissionDenied("Your role does not reach this page.")
        events = AuditEvent.objects.visible_to(actor).filter(
            object_type=self.opts.label_lower, object_id=str(row.pk)
        )
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "events": events.order_by("-id")[:EVENTS_SHOWN],
            "opts": self.opts,
            "object": row,
        }
        return TemplateResponse(request, "admin/object_history.html", context)

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        """Nothing: the model's method has recorded it in the audit log."""

    # --- bulk actions -----------------------------------------------------------------------

    def each(
        self, request: HttpRequest, rows: Any, act: Callable[[Any], object], done: str
    ) -> None:
        """Call a model method on each chosen row that the actor may change; say how it went."""
        editable = self.model.objects.editable_by(actor_of(request))
        chosen = editable.filter(pk__in=rows.order_by().values("pk"))
        n_chosen, n_done, refusals = rows.count(), 0, Counter[str]()
        for row in chosen:
            try:
                act(row)
                n_done += 1
            except ValidationError as error:
                refusals[" ".join(error.messages)] += 1
            except PermissionDenied as error:
                refusals[str(error) or "Your role may not change this."] += 1
        refusals["Your role may not change these."] += n_chosen - n_done - refusals.total()
        self.report(request, f"{done}: {n_done} of {n_chosen}.", refusals)

    def report(self, request: HttpRequest, done: str, refusals: Counter[str]) -> None:
        """Show what was done, and each reason for a refusal with its count."""
        reasons = [f"{n} refused: {reason}" for reason, n in refusals.items() if n]
        level = messages.WARNING if reasons else messages.SUCCESS
        messages.add_message(request, level, " ".join([done, *reasons]))
