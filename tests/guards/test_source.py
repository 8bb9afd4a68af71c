"""Guard: our source reaches rows through the front door, and text reaches pages escaped."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator

from tests.guards.product import (
    PACKAGES,
    ROOT,
    Finding,
    hold,
    source_files,
    template_files,
)

Source = tuple[str, str]
Rule = Callable[[ast.AST], str | None]

PLAIN = {"all_rows", "_default_manager", "_base_manager", "default_manager", "base_manager"}
SHORTCUTS = {"get_object_or_404", "get_list_or_404", "aget_object_or_404"}
SQL = {"raw", "cursor", "chunked_cursor", "extra", "RawSQL"}
SORTS = {"order_by", "values", "values_list"}
NAMED_BY_CALLER = {"filter", "exclude", "get", "annotate", "Q", *SORTS}
ROLES = {"OWNER", "ADMIN", "EVALUATOR", "TESTER"}
BEARERS = {"actor", "membership", "by"}
UNESCAPED = {"mark_safe", "SafeString", "SafeText"}
DRAWERS = {"services", "selectors", "utils", "helpers", "common", "misc", "base"}
TOP_LEVEL = {*PACKAGES, "tests", "benchmarks"}

EXEMPT = {
    "evalplatform/accounts/actors.py all_rows": "finds out who asks: nobody is known before",
    "evalplatform/accounts/models/api_key.py all_rows": "finds a key before anybody is known; "
    "locks the row it was called on",
    "evalplatform/accounts/models/invitation.py all_rows": "finds an invitation by its token; "
    "membership and open invitations of the actor's own team",
    "evalplatform/accounts/models/membership.py all_rows": "locks the team's memberships while "
    "one of them changes",
    "evalplatform/audit/recording.py all_rows": "writes events; the team is the actor's",
    "evalplatform/jobs/models.py all_rows": "writes the actor's job and reads its member's rights",
    "evalplatform/jobs/running.py all_rows": "a worker takes any job, then acts as its member",
    "evalplatform/jobs/sending.py all_rows": "notes that a job's number was sent",
    "evalplatform/jobs/sweeping.py all_rows": "the sweeper serves every team and shows nothing",
    "evalplatform/notifications/notifying.py all_rows": "writes for somebody who did not "
    "ask, and looks up their place in the team",
    "evalplatform/notifications/pruning.py all_rows": "forgets old rows of everybody and shows "
    "nothing",
    "evalplatform/accounts/admin.py role": "offers the role of owner only to those who may give it",
    "evalplatform/scoping/fields.py Model.objects": "people by their visible memberships",
    "evalplatform/scoping/fields.py _base_manager": "asks for none(), until the actor is known",
    "evalplatform/scoping/admin.py order_by(*)": "the admin class's own ordering",
    "evalplatform/scoping/managers.py get(**)": "get_visible(): names come from code, rows are "
    "narrowed to visible ones before",
    "evalplatform/scoping/keyset.py order_by(*)": "sort keys of the view's class",
    "evalplatform/scoping/keyset.py values_list(*)": "the same",
    "evalplatform/scoping/keyset.py QuerySet()": "rows of a page found in visible ones",
    "evalplatform/accounts/roles.py role": "is the table of roles",
    "evalplatform/accounts/oidc.py Model.objects": "matches a verified address at sign-in",
    "evalplatform/accounts/models/invitation.py role": "only an owner may invite an owner",
    "evalplatform/accounts/models/membership.py role": "who may change owners' memberships is a "
    "rule about the row's role, and a team keeps one",
    "evalplatform/accounts/models/api_key.py role": "whose keys an admin may revoke is a rule "
    "about the row's role",
    "reviews/batches.py all_rows": "locks labels; those of sessions that labelable(by) gives stay",
    "reviews/batches.py cursor": "saves labels of sessions that labelable(by) gave",
    "evalplatform/audit/recording.py cursor": "writes events by COPY, reads no row",
    "evalplatform/accounts/access_log.py all_rows": "writes the caller's own row; forgets old "
    "ones of every team and shows nothing",
    "evalplatform/accounts/forms.py role": "offers the role of owner only to those who may give it",
    "evalplatform/accounts/models/team.py all_rows": "locks the row it was called on; an address "
    "must differ from every team's",
    "evalplatform/accounts/models/user.py Model.objects": "locks the person's own row",
    "runs/management/commands/launch_batch.py Model.objects": "an operator names the person, who "
    "then acts with their own rights",
    "evalplatform/accounts/management/commands/deactivate_user.py Model.objects": "an operator "
    "names the person, and nobody acts",
    "evalplatform/accounts/models/invitation.py Model.objects": "says to the holder of a link "
    "whether the invited address signs in or begins",
    "evalplatform/audit/filters.py all_rows": "people who left the actor's team are in its log",
    "evalplatform/audit/filters.py cursor": "steps through the values of the actor's team's log",
    "datasets/querysets.py all_rows": "how sessions begin that are in a visible queryset already; "
    "labels whose tags only narrow one",
    "exports/source.py all_rows": "messages of sessions that were visible in the same snapshot",
    "exports/source.py annotate(**)": "columns written in this file",
    "exports/source.py values_list(*)": "columns written in this file",
    "exports/source.py cursor": "makes the transaction one moment's state",
    "exports/bundles/building.py cursor": "which moment of the database it sees, no rows",
    "exports/bundles/building.py all_rows": "the seal of a queue whose reviews the actor may have",
    "exports/item_keys.py cursor": "which keys the items of a dataset hold that was visible",
    "exports/item_reading.py cursor": "copies rows that visible_to(actor) gave",
    "exports/run_reading.py cursor": "reads a run that was visible in the same snapshot",
    "exports/run_reading.py all_rows": "the last row of that run",
    "exports/fetching.py cursor": "copies what a statement over visible rows gives",
    "exports/review_pages.py values_list(*)": "columns written in review_statements.py",
    "exports/review_scope.py all_rows": "rows under queue items that visible_to(actor) gave",
    "exports/item_contents.py exclude(**)": "field names of a constant",
    "exports/item_reading.py values_list(*)": "fields of the formats, JSON and times as text",
    "exports/expiring.py all_rows": "expiry serves every team and shows nothing",
    "datasets/intake.py all_rows": "sources of the actor's team, by name; sessions that are found "
    "are then asked of editable_by(actor)",
    "datasets/intake.py cursor": "locks by name, reads no row",
    "datasets/listing.py values(*)": "columns written in this file",
    "datasets/choices.py exclude(**)": "field names of a constant of the module",
    "datasets/rendering.py mark_safe": "markdown without HTML, then an allowlist; or escaped text",
    "evalplatform/scoping/patience.py cursor": "sets how long a statement may take and "
    "how it may search, reads no row",
    "datasets/import_turns.py all_rows": "asks which files imports still need, shows nothing",
    "datasets/merging.py cursor": "COPY and set-wise merging of sessions that intake has checked",
    "evalplatform/demo/queues.py all_rows": "verdicts of a row that the seed gave its reviewer",
    "datasets/text_index.py all_rows": "fills the text of every team's rows and shows nothing",
    "datasets/text_index.py cursor": "the same",
    "runs/comparing.py cursor": "counts rows of two runs that were visible",
    "runs/comparing.py values(*)": "columns written in this file",
    "runs/run_item_listing.py QuerySet()": "few_or_many(): ids that visible rows gave",
    "runs/run_listing.py values(*)": "columns written in this file",
    "runs/run_item_listing.py values(*)": "columns written in this file",
    "reviews/behaviour.py all_rows": "rows of the team's runs on which the actor has a place",
    "reviews/behaviour_spread.py Q(**)": "field names of this file",
    "reviews/claiming.py all_rows": "the actor's own places in a queue they see",
    "reviews/claiming.py cursor": "takes and frees places, by the actor's own id or by their end",
    "reviews/label_desk.py all_rows": "asks what the queue of a row that labelable(by) gave shows",
    "reviews/material.py all_rows": "the evidence under an item that visible_to(actor) gave",
    "reviews/second_look.py all_rows": "the same, of items that adjudicable() gave",
    "reviews/rail.py cursor": "the actor's own places in a queue that visible_to(actor) gave",
    "reviews/progress.py cursor": "counts what queues that visible_to(actor) gave hold for "
    "the actor",
    "reviews/webhooks/telling.py all_rows": "writes events for subscriptions of the queue's team",
    "reviews/webhooks/telling.py cursor": "asks whether anything of a queue is left, reads no row",
    "reviews/webhooks/sending.py all_rows": "a worker sends every team's events to the addresses "
    "of that team, as long as who made them may",
    "reviews/models/queue.py all_rows": "a part of the visibility rule",
    "reviews/models/queue_item.py all_rows": "a part of the visibility rule",
    "reviews/models/review.py Q(**)": "one rule for all that a review holds",
    "reviews/models/rubric.py all_rows": "versions of the rubric it is called on",
    "reviews/queue_items.py values(*)": "columns written in this file",
    "reviews/queueing.py all_rows": "items and reviewers of a queue that locked() gave",
    "reviews/queueing.py filter(**)": "field names of this file",
    "reviews/reviewers.py all_rows": "names of the actor's own team, for those who may ask them",
    "reviews/answer_rows.py all_rows": "answers of a revision that was just saved",
    "reviews/releasing.py all_rows": "counts at the item of a slot that editable_by(by) gave",
    "reviews/review_history.py all_rows": "the actor's own review, to note what they were shown",
    "reviews/figures/reading.py cursor": "ratings of a queue that visible_to(actor) gave",
    "reviews/views/agreement.py Model.objects": "names of people who reviewed in a queue, whom "
    "items_behind() has found among those the actor is told of",
    "reviews/views/agreement.py values(*)": "the columns of queue_items, and the key",
    "reviews/figures/outlook.py cursor": "counts over a queue that visible_to(actor) gave",
    "reviews/figures/outlook.py all_rows": "final answers of a queue that the actor runs",
    "reviews/figures/whole.py all_rows": "items of a queue whose review the actor finalises",
    "reviews/figures/whole.py values_list(*)": "the columns that label an item, of desk.py",
    "reviews/adjudicating.py all_rows": "adjudications of an item that visible_to(by) gave",
    "reviews/adjudication_desk.py all_rows": "the actor's own review, to note what they were shown",
    "reviews/adjudication_notices.py all_rows": "who of the actor's own team is told, and who was",
    "reviews/disputes.py values(*)": "columns written in this file",
    "reviews/second_look.py values(*)": "columns written in this file",
    "reviews/disputes.py values_list(*)": "columns written in this file",
    "reviews/views/finalise.py values(*)": "columns written in this file",
    "reviews/evidence.py chunked_cursor": "digests of all that a queue holds, which show nothing",
    "reviews/evidence.py cursor": "compares a seal with itself, shows nothing",
    "reviews/lifecycle.py all_rows": "counts and seals all of a queue that the actor runs",
    "reviews/lifecycle.py cursor": "asks of queues that were visible whether anything is open",
    "reviews/seal_checking.py all_rows": "compares all of a queue with its seal, for who finalises",
    "reviews/seal_checking.py cursor": "holds a queue as it is while it is compared",
    "reviews/seal_differences.py all_rows": "what differs in a queue, for who finalises it",
    "reviews/settled_history.py all_rows": "the actor's own review, to note what they were shown",
    "reviews/snapshot.py all_rows": "counts all of a queue that the actor finalises",
    "reviews/management/commands/verify_seal.py all_rows": "run by who has the machine",
    "reviews/models/adjudication.py all_rows": "a part of the visibility rule",
    "reviews/saving.py cursor": "holds the queue of a slot of the actor's own",
    "reviews/saving.py all_rows": "the actor's own review, whose slot is theirs",
    "runs/models/run.py all_rows": "restores a deleted run of the actor's team that they may edit",
    "runs/models/tool.py all_rows": "restores a deleted one of the actor's team that they may edit",
    "runs/launching.py all_rows": "makes the actor's own batch, once the verb was asked",
    "runs/prompt_templates.py all_rows": "gives a team without templates those of the product",
    "runs/models/configuration.py all_rows": "the evaluators of the configuration it is called on",
    "runs/row_making.py all_rows": "new rows of a run that planning has just made",
    "runs/row_making.py cursor": "rows of a run that was just made, from a version that the actor "
    "sees",
    "runs/row_reading.py cursor": "rows of a run that visible_to(actor) gave",
    "runs/places.py cursor": "takes locks by the ids of endpoints that visible_to(actor) gave",
    "runs/saving.py cursor": "rows of the run whose chunk holds its job",
    "runs/chunks.py all_rows": "notes that a run began which visible_to(actor) gave",
    "runs/steering.py all_rows": "locks runs that were visible before; the coordinator serves "
    "every team and acts as who has each run",
    "runs/handing_out.py all_rows": "rows and chunk jobs of a run that is locked",
    "runs/finishing.py all_rows": "counts rows of a run that is locked",
    "runs/metrics.py cursor": "counts rows of one run that is locked",
    "runs/delta.py all_rows": "the poll serves configurations of every owner; each acts as its own",
    "runs/analysis.py all_rows": "results of a run that the actor may change",
    "runs/analysis.py cursor": "the first rows that fail a check, read in their order",
    "datasets/text_index.py filter(**)": "which rows wait: names that the index was made with",
    "datasets/item_listing.py QuerySet()": "few_or_many(): ids that visible rows gave",
    "datasets/item_listing.py values(*)": "columns written in this file",
    "datasets/item_listing.py annotate(**)": "the same",
    "datasets/item_diff.py annotate(**)": "columns written in this file",
    "datasets/item_diff.py values(*)": "the same",
    "datasets/models/dataset_import.py all_rows": "keeps the actor's own mapping",
    "datasets/models/file_import.py filter(**)": "field names of a constant of the class",
    "datasets/stored_items.py cursor": "items of a dataset that its import may change",
    "datasets/item_writing.py cursor": "COPY and set-wise change of a dataset that is locked",
    "datasets/attaching.py all_rows": "which ids that were made or found just now are stored",
    "datasets/clone_writing.py cursor": "writes items of sessions that visible_to(actor) gave",
    "datasets/populating.py all_rows": "the beat serves every team; a poll acts as its owner, "
    "whose rights are asked",
    "datasets/editing.py all_rows": "new rows of a dataset that was locked as its editor",
    "datasets/item_order.py all_rows": "rows that the locked dataset's edition gave",
    "datasets/version_making.py all_rows": "versions of a dataset that was locked as its editor",
    "datasets/restoring.py all_rows": "the same; a version to read of a dataset that was visible",
    "datasets/restoring.py cursor": "copies rows of the locked dataset",
    "datasets/editing.py cursor": "copies rows of the locked dataset",
    "datasets/models/dataset.py all_rows": "the first version of a new dataset; deleted datasets "
    "of the actor's team that the actor may edit",
    "evalplatform/demo/runs.py all_rows": "carries out the jobs of the new demo team",
    "evalplatform/demo/seeding.py all_rows": "makes the demo team before anybody is in it",
    "evalplatform/demo/seeding.py Model.objects": "makes the demo people",
    "evalplatform/demo/seeding.py role": "gives the demo people their roles",
    "evalplatform/management/commands/seed_demo.py Model.objects": "asks whether anybody is there",
    "runs/readiness.py all_rows": "rows of runs that the caller gave; counts only",
    "runs/management/commands/readiness.py all_rows": "an operator counts every team's runs",
    "runs/management/commands/reseal_keys.py all_rows": "an operator seals every team's keys again",
    "reviews/analysis/asking.py cursor": "statements that narrow to the team of an actor who sees "
    "all of it; 403 for who does not",
    "reviews/analysis/one_run.py cursor": "a run that get_visible gave, and a queue that was "
    "visible to who runs it",
    "reviews/home_parts.py all_rows": "whether items that visible_to(actor) gave are typed over, "
    "flagged or settled; counts only",
    "reviews/reviewed_rows.py all_rows": "reviews of runs that the caller gave; counts only",
    "runs/pacing.py cursor": "takes the next turn of an endpoint that whoever asks was given",
    "evalplatform/health.py cursor": "asks the database for SELECT 1",
}


ASSEMBLED = {
    "evalplatform/demo/queues.py": "makes example reviews, as the contract of seeding says",
    "evalplatform/demo/runs.py": "makes example runs, as the contract of seeding says",
    "evalplatform/demo/seeding.py": "puts example content into every app, as its contract says",
}
TEMPLATES: dict[str, str] = {}


def code_findings(sources: Iterable[Source], rules: Iterable[Rule]) -> Iterator[Finding]:
    """Yield what any rule says about any node; the place is `path what`."""
    rules = list(rules)
    for path, text in sources:
        for node in ast.walk(ast.parse(text)):
            for rule in rules:
                what = rule(node)
                if what:
                    line = getattr(node, "lineno", 0)
                    yield Finding(f"{path} {what}", f"line {line} needs a listed reason")


def plain_managers(node: ast.AST) -> str | None:
    """Find `.all_rows` and Django's names for it, also as text given to getattr()."""
    if isinstance(node, ast.Attribute) and node.attr in PLAIN:
        return node.attr
    if isinstance(node, ast.Call) and name_of(node.func) == "getattr":
        texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
        return next((str(text) for text in texts if text in PLAIN), None)
    return None


def user_objects(node: ast.AST) -> str | None:
    """Find `User.objects`, `Membership.user.objects`…: the one plain `objects`."""
    if isinstance(node, ast.Attribute) and node.attr == "objects":
        owner = name_of(node.value)
        return "Model.objects" if owner in {"User", "get_user_model"} else None
    return None


def own_queryset(node: ast.AST) -> str | None:
    """Find `QuerySet(model=...)` and `get_object_or_404(Model)`: both ask all rows."""
    if not isinstance(node, ast.Call):
        return None
    if name_of(node.func) in SHORTCUTS:
        asked = node.args[0] if node.args else None
        is_model = isinstance(asked, ast.Name) and asked.id[:1].isupper()
        return name_of(node.func) if is_model else None
    if not any(keyword.arg == "model" for keyword in node.keywords):
        return None
    made = name_of(node.func)
    return "QuerySet()" if made == "type" or made.endswith("QuerySet") else None


def own_sql(node: ast.AST) -> str | None:
    """Find SQL written by hand: it knows no visibility."""
    if isinstance(node, ast.Call) and name_of(node.func) in SQL:
        return name_of(node.func)
    return None


def names_from_elsewhere(node: ast.AST) -> str | None:
    """Find `filter(**anything)` and `order_by(*anything)`: field names that code does not spell."""
    if not isinstance(node, ast.Call) or name_of(node.func) not in NAMED_BY_CALLER:
        return None
    if name_of(getattr(node.func, "value", None)) == "super":  # a view passing its arguments on
        return None
    if any(keyword.arg is None for keyword in node.keywords):
        return f"{name_of(node.func)}(**)"
    starred = any(isinstance(argument, ast.Starred) for argument in node.args)
    return f"{name_of(node.func)}(*)" if starred and name_of(node.func) in SORTS else None


def compared_roles(node: ast.AST) -> str | None:
    """Find a role in a condition: code asks actor.may(verb)."""
    if isinstance(node, ast.Attribute) and node.attr in ROLES and name_of(node.value) == "Role":
        return "role"
    if not isinstance(node, ast.Compare):
        return None
    for side in [node.left, *node.comparators]:
        is_role = isinstance(side, ast.Attribute) and side.attr == "role"
        if is_role and name_of(getattr(side, "value", None)) in BEARERS:
            return "role"
    return None


def unescaped_text(node: ast.AST) -> str | None:
    """Find text that is declared safe by hand."""
    if isinstance(node, ast.ImportFrom) and any(name.name == "mark_safe" for name in node.names):
        return "mark_safe"
    return name_of(node) if isinstance(node, ast.Call) and name_of(node) in UNESCAPED else None


def name_of(node: ast.AST | None) -> str:
    """Return the last name of an expression: `a.b.c` and `a.b.c()` are `c`."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


RULES: tuple[Rule, ...] = (
    plain_managers,
    user_objects,
    own_queryset,
    own_sql,
    names_from_elsewhere,
    compared_roles,
    unescaped_text,
)


def import_findings(sources: Iterable[Source]) -> Iterator[Finding]:
    """Yield imports that flow right: a package may name itself and those left of it."""
    for path, text in sources:
        own = path.split("/")[0]
        right = set(PACKAGES[PACKAGES.index(own) + 1 :])
        for node in ast.walk(ast.parse(text)):
            for module in imported(node):
                if module.split(".")[0] in right:
                    yield Finding(path, f"imports {module}: imports flow left only")


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


TEMPLATE_RULES = {
    "safe": re.compile(r"\|\s*safe(seq)?\b|autoescape\s+off"),
    "inline style": re.compile(r"\sstyle\s*=|<style\b"),
    "inline script": re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))[^>]*>"),
    "event attribute": re.compile(r"\s(?:on[a-z]{3,}|hx-on[:\w-]*)\s*=\s*[\"']"),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
    "foreign address": re.compile(r"(?:src|srcset|data)\s*=\s*[\"']?(?:https?:)?//"),
}


def template_findings(templates: Iterable[Source]) -> Iterator[Finding]:
    """Yield what our Content-Security-Policy would block, or what is not escaped."""
    for path, text in templates:
        for what, pattern in TEMPLATE_RULES.items():
            found = pattern.search(text)
            if found:
                yield Finding(f"{path} {what}", f"holds {found.group().strip()!r}")


def layout_findings(packages: Iterable[str], files: Iterable[str]) -> Iterator[Finding]:
    """Yield top-level packages we do not have, and files whose name says nothing."""
    for package in packages:
        if package not in TOP_LEVEL:
            yield Finding(package, "is no top-level package of ours")
    for path in files:
        if path.rpartition("/")[2].removesuffix(".py") in DRAWERS:
            yield Finding(path, "is a drawer: name it after what it holds")


def top_level_packages() -> list[str]:
    return [path.parent.name for path in ROOT.glob("*/__init__.py")]


def test_source_keeps_to_the_front_door() -> None:
    hold(code_findings(source_files(), RULES), EXEMPT)


def test_imports_flow_left() -> None:
    hold(import_findings(source_files()), ASSEMBLED)


def test_templates_hold_nothing_that_the_policy_blocks() -> None:
    hold(template_findings(template_files()), TEMPLATES)


def test_packages_and_files_are_named_after_what_they_hold() -> None:
    files = [path for path, _ in source_files()]
    hold(layout_findings(top_level_packages(), files), {})


def whats(text: str) -> list[str]:
    """Return what the guard finds in a planted source text."""
    found = code_findings([("datasets/planted.py", text)], RULES)
    return [finding.place.removeprefix("datasets/planted.py ") for finding in found]


def test_guard_catches_plain_managers() -> None:
    assert whats("Session.all_rows.get(pk=pk)") == ["all_rows"]
    assert whats("rows = model._default_manager") == ["_default_manager"]
    assert whats("getattr(model, 'all_rows')") == ["all_rows"]
    assert whats("User.objects.get(email=email)") == ["Model.objects"]
    assert whats("Session.objects.visible_to(actor)") == []


def test_guard_catches_a_queryset_made_by_hand() -> None:
    assert whats("SessionQuerySet(model=Session)") == ["QuerySet()"]
    assert whats("models.QuerySet(model=Session)") == ["QuerySet()"]
    assert whats("type(self)(model=self.model)") == ["QuerySet()"]
    assert whats("get_object_or_404(Session, pk=pk)") == ["get_object_or_404"]
    assert whats("get_object_or_404(self.rows(), pk=pk)") == []


def test_guard_catches_sql_by_hand() -> None:
    assert whats("connection.cursor()") == ["cursor"]
    assert whats("rows.raw('SELECT 1')") == ["raw"]


def test_guard_catches_field_names_from_a_request() -> None:
    assert whats("rows.filter(**request.GET.dict())") == ["filter(**)"]
    assert whats("rows.order_by(*request.GET.getlist('sort'))") == ["order_by(*)"]
    assert whats("rows.filter(Q(**wanted))") == ["Q(**)"]


def test_guard_catches_a_compared_role() -> None:
    assert whats("if actor.role == 'owner': pass") == ["role"]
    assert whats("allowed = membership.role in LEADERS") == ["role"]
    assert whats("if x is Role.ADMIN: pass") == ["role"]
    assert whats("message.role == 'user'") == []


def test_guard_catches_text_declared_safe() -> None:
    assert whats("mark_safe(session.title)") == ["mark_safe"]


def test_guard_catches_an_import_to_the_right() -> None:
    planted = [("datasets/planted.py", "def f():\n    from reviews.models import EvalLabel")]
    assert [finding.place for finding in import_findings(planted)] == ["datasets/planted.py"]


def test_guard_catches_what_the_policy_blocks_in_templates() -> None:
    planted = {
        "{{ session.title|safe }}": "safe",
        "{% autoescape off %}": "safe",
        '<p style="color: red">': "inline style",
        "<script>alert(1)</script>": "inline script",
        '<a onclick="go()">': "event attribute",
        '<a hx-on:click="go()">': "event attribute",
        '<a href="javascript:go()">': "script address",
        '<img src="https://example.org/a.png">': "foreign address",
    }
    for text, what in planted.items():
        assert [f.place for f in template_findings([("t.html", text)])] == [f"t.html {what}"]
    assert list(template_findings([("t.html", '<script type="module" src="/a.js">')])) == []


def test_guard_catches_a_new_package_and_a_drawer() -> None:
    planted = layout_findings(["tools"], ["datasets/utils.py"])
    assert [finding.place for finding in planted] == ["tools", "datasets/utils.py"]
