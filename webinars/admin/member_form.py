"""Forms over members: added by their address, and never so that a tenant is left without an owner."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget

from webinars.models import Role, User
from webinars.services.memberships import last_owner_problem


class MemberForm(forms.ModelForm):
    """A member is added by their exact email address: nobody can leaf through the people of other tenants."""

    email = forms.EmailField(label=_("Email address"), widget=UnfoldAdminEmailInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            # The first role is the most powerful one: nobody gets it by leaving the field as it is.
            self.fields["role"].choices = [("", _("Choose a role")), *Role.choices]  # type: ignore[attr-defined]
        elif "email" in self.fields:
            self.fields["email"].initial = self.instance.user.email
            self.fields["email"].disabled = True

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if not self.instance._state.adding:
            return email
        user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
        if user is None:
            raise forms.ValidationError(_("Nobody has signed up with this address yet. Ask them to sign up first."))
        self.instance.user = user
        return email

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
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        demoted = not self.instance._state.adding and cleaned.get("role", Role.OWNER) != Role.OWNER
        if demoted and (problem := last_owner_problem([self.instance])):
            self.add_error("role", problem)
        return cleaned


class MemberFormSet(forms.BaseInlineFormSet):
    """All members of a tenant at once: what counts is who owns it when all rows are saved."""

    def clean(self) -> None:
        super().clean()
        self._refuse_twice()
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
