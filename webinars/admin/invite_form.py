"""Whom to invite, into what and as what: several addresses at once, one per line."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from webinars.admin.member_form import OWNERS_ONLY
from webinars.models import Agency, Client, Role, folded_email
from webinars.selectors.invitations import may_give_in
from webinars.selectors.standing import Standing

# Somebody waits while the mails leave.
AT_ONCE = 50
LONGEST_TEXT = 20_000
LONGEST_ADDRESS = 254
BETWEEN = re.compile(r"[,;\s]+")
NOT_AN_ADDRESS = _("This is not a whole email address. It looks like name@example.com.")
TWICE = _("This address is here twice.")


@dataclass(frozen=True)
class Rejected:
    line: int
    text: str
    reason: Any


def addresses_of(text: str) -> tuple[list[str], list[Rejected]]:
    """Folded addresses in their order, each once, and what is none. Commas, semicolons and spaces divide, too."""
    found: dict[str, None] = {}
    rejected = []
    for line, words in enumerate(text.splitlines(), start=1):
        for word in filter(None, BETWEEN.split(words)):
            email = folded_email(word)
            if not _is_address(email):
                rejected.append(Rejected(line, word, NOT_AN_ADDRESS))
            elif email in found:
                rejected.append(Rejected(line, word, TWICE))
            else:
                found[email] = None
    return list(found), rejected


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
        email.encode()
    except (ValidationError, UnicodeEncodeError):
        return False
    return len(email) <= LONGEST_ADDRESS


class InviteForm(forms.Form):
    """`place` and `role` offer what the person may give; that they may give this role there is asked again."""

    place = forms.ChoiceField(label=_("Where"), widget=UnfoldAdminSelectWidget)
    role = forms.ChoiceField(label=_("Role"), widget=UnfoldAdminSelectWidget)
    emails = forms.CharField(
        label=_("Email addresses"),
        max_length=LONGEST_TEXT,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One per line, at most 50."),
    )
    language = forms.ChoiceField(label=_("Language of the mail"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, standing: Standing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.standing = standing
        self.rejected: list[Rejected] = []
        self.places = {key: tenant for _title, group in places_of(standing) for key, tenant in group}
        self._choices("place", [
            (title, [(key, tenant.name) for key, tenant in group]) for title, group in places_of(standing)
        ])  # fmt: skip
        gives_owners = standing.is_superuser or standing.owns_anything
        roles = [choice for choice in Role.choices if choice[0] != Role.OWNER or gives_owners]
        self._choices("role", [("", _("Choose a role")), *roles])
        self._choices("language", settings.LANGUAGES)
        self.fields["language"].initial = translation.get_language()

    def _choices(self, name: str, choices: Any) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def tenant(self) -> Agency | Client:
        return self.places[self.cleaned_data["place"]]

    def clean_emails(self) -> list[str]:
        found, self.rejected = addresses_of(self.cleaned_data["emails"])
        if not found:
            raise ValidationError(self.rejected[0].reason if self.rejected else NOT_AN_ADDRESS)
        if len(found) > AT_ONCE:
            raise ValidationError(
                _("These are %(n)d addresses. Invite at most %(most)d at once."),
                params={"n": len(found), "most": AT_ONCE},
            )
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        place, role = cleaned.get("place"), cleaned.get("role")
        if place and role and not may_give_in(self.standing, role, self.places[place]):
            self.add_error("role", OWNERS_ONLY)
        return cleaned


def key_of(tenant: Agency | Client) -> str:
    return f"{'agency' if isinstance(tenant, Agency) else 'client'}:{tenant.pk}"


def places_of(standing: Standing) -> list[tuple[Any, list[tuple[str, Agency | Client]]]]:
    """The tenants whose members the person manages, agencies first. Two queries."""
    groups: list[tuple[Any, list[tuple[str, Agency | Client]]]] = [
        (_("Agency, with all its clients"), [(key_of(one), one) for one in standing.agencies("manage_members")]),
        (
            _("One client"),
            [(key_of(one), one) for one in standing.clients("manage_members").select_related("agency")],
        ),
    ]
    return [(title, group) for title, group in groups if group]


def wanted_place(standing: Standing, *, agency: str, client: str) -> str | None:
    """The choice that an address names by id. Raises LookupError for what is not theirs."""
    named = [(kind, ref) for kind, ref in (("agency", agency), ("client", client)) if ref]
    if not named:
        return None
    kind, ref = named[0]
    found = standing.agencies("manage_members") if kind == "agency" else standing.clients("manage_members")
    try:
        tenant = found.filter(pk=uuid.UUID(ref)).first()
    except ValueError:
        tenant = None
    if tenant is None:
        raise LookupError(ref)
    return key_of(tenant)
