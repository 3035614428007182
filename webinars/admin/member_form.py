"""Forms over members: added by their address, by nobody above their own role, and never so that a tenant is left
without an owner."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget

from webinars.admin.invite_url import invite_url
from webinars.models import Agency, Client, Role, User
from webinars.selectors.invitations import may_give_in, proven_owner
from webinars.selectors.standing import NOBODY, Standing
from webinars.services.memberships import last_owner_problem, tenant_of

OWNERS_ONLY = _("Only owners make, change or remove owners.")


class MemberForm(forms.ModelForm):
    """A member is added by their exact email address: nobody can leaf through the people of other tenants. The admin
    sets whose standing counts, and for inline rows the tenant."""

    standing: ClassVar[Standing] = NOBODY
    tenant: ClassVar[Agency | Client | None] = None

    email = forms.EmailField(label=_("Email address"), widget=UnfoldAdminEmailInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self._offer_roles(self.fields["role"])
        if "email" in self.fields and not self.instance._state.adding:
            self.fields["email"].initial = self.instance.user.email
            self.fields["email"].disabled = True

    def _offer_roles(self, field: Any) -> None:
        adding = self.instance._state.adding
        if not adding and not self.gives(self.instance.role):
            field.disabled = True
            return
        # The first role is the most powerful one: nobody gets it by leaving the field as it is.
        empty = [("", _("Choose a role"))] if adding else []
        field.choices = [*empty, *(choice for choice in Role.choices if self.gives(choice[0]))]

    def gives(self, role: str) -> bool:
        tenant = self._tenant()
        if tenant is not None:
            return may_give_in(self.standing, role, tenant)
        return role != Role.OWNER or self.standing.is_superuser or self.standing.owns_anything

    def _tenant(self) -> Agency | Client | None:
        """None for a new member whose tenant is not chosen yet."""
        if self.tenant is not None:
            return self.tenant
        if not self.instance._state.adding:
            return tenant_of(self.instance)
        chosen = getattr(self, "cleaned_data", {})
        found: Agency | Client | None = chosen.get("agency") or chosen.get("client")
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        role, was = cleaned.get("role"), self.initial.get("role") if not self.instance._state.adding else None
        if role and role != was and not all(self.gives(one) for one in (role, was) if one):
            self.add_error("role", OWNERS_ONLY)
        return cleaned

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if not self.instance._state.adding:
            return email
        # An account whose address was never proved may be anybody's.
        user = proven_owner(email) or self._member(email)
        if user is None:
            raise forms.ValidationError(self._invite_instead())
        self.instance.user = user
        return email

    def _member(self, email: str) -> User | None:
        """Who is a member already, of whom it is said so."""
        tenant = self._tenant()
        known = tenant.members.filter(user__email__iexact=email.strip()).first() if tenant is not None else None
        return known.user if known is not None else None

    def _invite_instead(self) -> str:
        words, link = gettext("Nobody has signed up with this address yet."), gettext("Invite them by email")
        return format_html('{} <a class="ef-link" href="{}">{}</a>', words, invite_url(self._tenant()), link)

    def _get_validation_exclusions(self) -> set[str]:
        """The person is set by their address, so that "already a member" is said here and not by the database."""
        known: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return known - {"user"} if self.instance.user_id else known

    def _update_errors(self, errors: ValidationError) -> None:
        """That the person is a member already is said beside their address."""
        found: dict[str, Any] = getattr(errors, "error_dict", {})
        if NON_FIELD_ERRORS in found and "email" in self.fields:
            found["email"] = found.pop(NON_FIELD_ERRORS)
        super()._update_errors(errors)  # type: ignore[misc]


class SingleMemberForm(MemberForm):
    """A member on a page of their own."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        demoted = not self.instance._state.adding and cleaned.get("role", Role.OWNER) != Role.OWNER
        if demoted and (problem := last_owner_problem([self.instance])):
            self.add_error("role", problem)
        return cleaned


class MemberFormSet(forms.BaseInlineFormSet):
    """All members of a tenant at once: what counts is who owns it when all rows are saved."""

    def clean(self) -> None:
        super().clean()
        self._refuse_twice()
        gone: list[Any] = [form for form in self.deleted_forms if form.instance.pk]
        if not all(form.gives(form.initial["role"]) for form in gone):
            raise ValidationError(OWNERS_ONLY)
        if any(form.errors for form in self.forms):
            return
        gone, owners = [], False
        for form in self.forms:
            owns = form not in self.deleted_forms and form.cleaned_data.get("role") == Role.OWNER
            owners = owners or (owns and form.instance.user.is_active)
            if form.instance.pk and not owns:
                gone.append(form.instance)
        if not owners and (problem := last_owner_problem(gone)):
            raise ValidationError(problem)

    def _refuse_twice(self) -> None:
        """Two new rows with one person."""
        seen = set()
        for form in self.extra_forms:
            person = form.instance.user_id
            if person is not None and person in seen and not form.errors:
                form.add_error("email", _("This address is here twice."))
            seen.add(person)

    def validate_unique(self) -> None:
        """Each form asks by itself; Django's comparison of the rows does not know that the address is the person."""
