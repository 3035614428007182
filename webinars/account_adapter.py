from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from webinars.models import User
from webinars.seen_from_outside import SeenFromOutside

# The session's key of the webinar that a person set out to register in (and the source they came through), kept while
# they sign in or up.
WISH = "register_in"


class AccountAdapter(SeenFromOutside):
    """Where django-allauth meets `User`: there is no username, and the name is `display_name`. Whoever set out to
    register in a webinar gets there, however they come to be signed in."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("That code is not right. Please look at the email again."),
    }

    def clean_password(self, password: str, user: Any = None) -> str:
        """One sentence that says what to do, however many rules a password breaks."""
        try:
            checked: str = super().clean_password(password, user=user)
        except ValidationError as error:
            raise ValidationError(
                _("Choose another password: at least 8 characters, not only digits, and hard to guess."),
                code="weak_password",
            ) from error
        return checked

    def populate_username(self, request: HttpRequest, user: User) -> None:
        return

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.display_name = form.cleaned_data.get("display_name", "").strip()
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if wish := request.session.get(WISH):
            return reverse("webinars:register", args=[wish[0]])
        url: str = super().get_login_redirect_url(request)
        return url

    def logout(self, request: HttpRequest) -> None:
        """Also called when somebody who is not signed in yet gives up one way to try another."""
        wish = None if request.user.is_authenticated else request.session.get(WISH)
        super().logout(request)
        if wish:
            request.session[WISH] = wish
