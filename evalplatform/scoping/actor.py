"""Who asks: one person, in one team, with the verbs that hold at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalplatform.accounts.models import ApiKey, Membership, Team, User


@dataclass(frozen=True, slots=True)
class Actor:
    """A member of a team in one request or job; verbs = the role's, less a key's limits."""

    membership: Membership
    verbs: frozenset[str]
    via: str = "page"  # page | key | job | command
    key: ApiKey | None = None
    request_id: str = ""
    address: str | None = None

    @property
    def user(self) -> User:
        return self.membership.user

    @property
    def team(self) -> Team:
        return self.membership.team

    @property
    def role(self) -> str:
        return self.membership.role

    def may(self, verb: str) -> bool:
        """Say whether this actor's role (and key) holds the verb."""
        return verb in self.verbs
