"""Forms of people, keys and teams. Rules live in the models; a refusal comes back to its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from evalplatform.accounts.models import Team, User
from evalplatform.accounts.models.user import refuse_hidden_characters, tidy_name
from evalplatform.accounts.roles import ROLE_SAYS, SCOPE_SAYS, Role, Verb
from evalplatform.scoping.actor import Actor

EXPIRIES = [("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "Never")]


class ActForm(forms.Form):
    """A form whose act is a method of a model; what the model refuses is shown at the field."""

    use_required_attribute = False

    def attempt(self, act: Callable[..., Any], **arguments: Any) -> Any:
        """Call the act when the form is valid; return what it returns, None when it was refused."""
        if not self.is_valid():
            return None
        try:
            return act(**arguments)
        except ValidationError as error:
            self._show(error)
            return None

    def _show(self, error: ValidationError) -> None:
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for field, messages in by_field.items():
            place = field if field in self.fields else None
            for message in messages if field != NON_FIELD_ERRORS else error.messages:
                self.add_error(place, message)


class NameField(forms.CharField):
    """A name people recognise each other by: one spelling, nothing invisible."""

    default_validators = [refuse_hidden_characters]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=120, **kwargs)

    def to_python(self, value: Any) -> str:
        return tidy_name(super().to_python(value) or "")


class RoleField(forms.ChoiceField):
    """The roles this actor may give: an owner's place is an owner's to give."""

    widget = forms.RadioSelect

    def offer_to(self, actor: Actor) -> None:
        """Narrow the choices to what the actor may give."""
        may_make_owners = actor.may(Verb.MANAGE_OWNERS)
        offered = [role for role in Role if role != Role.OWNER or may_make_owners]
        self.choices = [(role.value, f"{role.title()}: {ROLE_SAYS[role]}") for role in offered]


class RoleForm(ActForm):
    """Another role for a member."""

    role = RoleField(
        label="Role",
        error_messages={"invalid_choice": "Choose one of the roles: only an owner makes owners."},
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, RoleField)
        role.offer_to(actor)


class InvitationForm(RoleForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        validators=[refuse_hidden_characters],
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "name@example.org"}),
    )
    field_order = ["email", "role"]


class KeyForm(ActForm):
    """A new key: what it is for, what it may do, how long."""

    name = NameField(
        label="Name",
        help_text="Where it will be used, for example “nightly export”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="Limit it to",
        required=False,
        choices=[(name, says) for name, says in SCOPE_SAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text="Nothing chosen: all that your role may do, except managing people and keys.",
    )
    expires = forms.ChoiceField(label="Ends after", choices=EXPIRIES, initial="90", required=False)

    def days(self) -> int | None:
        """Return how many days it lives; None for ever."""
        return int(self.cleaned_data["expires"]) if self.cleaned_data["expires"] else None


class ProfileForm(ActForm):
    """One's own name."""

    name = NameField(label="Name", widget=forms.TextInput(attrs={"autocomplete": "name"}))


class TeamNameForm(ActForm):
    """The team's name."""

    name = NameField(label="Name", widget=forms.TextInput(attrs={"autocomplete": "off"}))


class TeamDeleteForm(ActForm):
    """Typing the name is the confirmation."""

    confirm = forms.CharField(
        label="Type the team’s name", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team

    def clean_confirm(self) -> str:
        typed = tidy_name(self.cleaned_data["confirm"])
        if typed != self.team.name:
            raise ValidationError(f"Type “{self.team.name}” exactly to delete the team.")
        return typed


class NewPersonForm(ActForm):
    """The account of an invited person; the address is the invitation's."""

    name = NameField(label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label="Password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters, not only digits, not a common one.",
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        person = User(email=self.email, name=given.get("name", ""))
        try:
            validate_password(given.get("password", ""), person)
        except ValidationError as error:
            if "password" not in self.errors:
                self.add_error("password", error)
        return given
