"""The one table of roles. Code asks `actor.may(verb)` and never compares roles."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The four roles of a membership (formats.md 3.1, `eval_labs_role`)."""

    OWNER = "owner"
    ADMIN = "admin"
    EVALUATOR = "evaluator"
    TESTER = "tester"


class Verb(StrEnum):
    """Everything a role can be asked about; the value is what templates and keys' scopes say."""

    SEE = "see"
    SEE_ALL = "see_all"
    EDIT_EVIDENCE = "edit_evidence"
    EDIT_ALL_EVIDENCE = "edit_all_evidence"
    LABEL = "label"
    EXPORT = "export"
    RUN_PROMPTS = "run_prompts"
    RUN_BATCH = "run_batch"
    REVIEW = "review"
    MANAGE_QUEUES = "manage_queues"
    FINALISE = "finalise"
    ADJUDICATE = "adjudicate"
    SEE_ANALYSIS = "see_analysis"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_MEMBERS = "manage_members"
    READ_AUDIT = "read_audit"
    MANAGE_OWNERS = "manage_owners"
    DELETE_TEAM = "delete_team"
    MANAGE_OWN_KEYS = "manage_own_keys"


TESTER = frozenset(
    {Verb.SEE, Verb.EXPORT, Verb.RUN_PROMPTS, Verb.REVIEW, Verb.FINALISE, Verb.MANAGE_OWN_KEYS}
)
EVALUATOR = TESTER | {Verb.EDIT_EVIDENCE, Verb.LABEL, Verb.RUN_BATCH, Verb.MANAGE_QUEUES}
ADMIN = EVALUATOR | {
    Verb.SEE_ALL,
    Verb.EDIT_ALL_EVIDENCE,
    Verb.ADJUDICATE,
    Verb.SEE_ANALYSIS,
    Verb.MANAGE_WEBHOOKS,
    Verb.MANAGE_MEMBERS,
    Verb.READ_AUDIT,
}
OWNER = ADMIN | {Verb.MANAGE_OWNERS, Verb.DELETE_TEAM}

VERBS: dict[str, frozenset[Verb]] = {
    Role.OWNER: OWNER,
    Role.ADMIN: ADMIN,
    Role.EVALUATOR: EVALUATOR,
    Role.TESTER: TESTER,
}

# What a person reads when giving a role.
ROLE_SAYS: dict[str, str] = {
    Role.OWNER: "everything, owners and the team’s end included",
    Role.ADMIN: "all rows, members, keys and the audit log",
    Role.EVALUATOR: "collects, labels, runs and exports their own work",
    Role.TESTER: "tests prompts, reviews what is assigned, exports their own work",
}

# What a key may be limited to. A key without scopes can do what its membership can.
SCOPES: dict[str, frozenset[Verb]] = {
    "read": frozenset({Verb.SEE, Verb.SEE_ALL}),
    "intake": frozenset({Verb.SEE, Verb.SEE_ALL, Verb.EDIT_EVIDENCE, Verb.EDIT_ALL_EVIDENCE}),
    "label": frozenset({Verb.SEE, Verb.SEE_ALL, Verb.LABEL, Verb.EDIT_ALL_EVIDENCE}),
    "run": frozenset(
        {
            Verb.SEE,
            Verb.SEE_ALL,
            Verb.EDIT_EVIDENCE,
            Verb.EDIT_ALL_EVIDENCE,
            Verb.RUN_PROMPTS,
            Verb.RUN_BATCH,
        }
    ),
    "review": frozenset(
        {
            Verb.SEE,
            Verb.SEE_ALL,
            Verb.REVIEW,
            Verb.MANAGE_QUEUES,
            Verb.EDIT_ALL_EVIDENCE,
            Verb.SEE_ANALYSIS,
        }
    ),
    "settle": frozenset(
        {Verb.SEE, Verb.SEE_ALL, Verb.ADJUDICATE, Verb.FINALISE, Verb.SEE_ANALYSIS}
    ),
    "export": frozenset({Verb.SEE, Verb.SEE_ALL, Verb.EXPORT}),
}
SCOPE_SAYS: dict[str, str] = {
    "read": "Read sessions and labels",
    "intake": "Send sessions in",
    "label": "Label sessions",
    "run": "Start runs and send outputs in",
    "review": "Set up queues, review and label behavior",
    "settle": "Settle disagreements, finalise reviews",
    "export": "Export",
}
KEY_NEVER = frozenset(
    {
        Verb.MANAGE_MEMBERS,
        Verb.MANAGE_OWNERS,
        Verb.DELETE_TEAM,
        Verb.MANAGE_OWN_KEYS,
        Verb.READ_AUDIT,
    }
)


def verbs_of(role: str) -> frozenset[str]:
    """Return the role's verbs; a missing or unknown role has none."""
    return frozenset(VERBS.get(role, frozenset()))


def verbs_of_key(role: str, scopes: list[str]) -> frozenset[str]:
    """Return what a key may do: its membership's verbs today, less what keys never may."""
    verbs = verbs_of(role) - KEY_NEVER
    if not scopes:
        return verbs
    return verbs & frozenset[str]().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
