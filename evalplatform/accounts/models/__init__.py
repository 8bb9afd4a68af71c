"""People, teams, and what lets a person act in a team."""

from evalplatform.accounts.models.api_key import AccessLogEntry, ApiKey
from evalplatform.accounts.models.invitation import Invitation
from evalplatform.accounts.models.membership import Membership
from evalplatform.accounts.models.team import Team
from evalplatform.accounts.models.user import User

__all__ = ["AccessLogEntry", "ApiKey", "Invitation", "Membership", "Team", "User"]
