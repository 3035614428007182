import logging
import time
from smtplib import SMTPException
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from webinars.account_forms import SIGNED_UP
from webinars.known_browsers import remember_browser
from webinars.models import User
from webinars.plain_address import plain_address
from webinars.refusals import codes_unavailable
from webinars.seen_from_outside import SeenFromOutside
from webinars.sign_in_limits import count_mail, count_password_guess

logger = logging.getLogger(__name__)

# The session's key of the webinar that a person set out to register in (and the source they came through), kept while
# they sign in or up.
WISH = "register_in"

# For how long a code that was right says that the account's owner is there.
RECENT_SECONDS = 300

# Mails that anybody can have sent to anybody, by typing an address. All others tell of what has happened.
ASKED_FOR = {
    f"account/email/{name}"
    for name in (
        "login_code",
        "email_confirmation",
        "email_confirmation_signup",
        "unknown_account",
        "account_already_exists",
        "confirmation_code",
        "password_reset_key",
    )
}


class AccountAdapter(SeenFromOutside):
    """Where django-allauth meets `User`: there is no username, and the name is `display_name`. Whoever set out to
    register in a webinar gets there, however they come to be signed in."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "cannot_remove_primary_email": _("This is your main address. Make another one the main address first."),
        "duplicate_email": _("This address is already in your account."),
        "email_password_mismatch": _("Address or password is not right."),
        "email_taken": _("Another account uses this address."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("That code is not right. Please look at the email again."),
        "incorrect_password": _("This is not your password."),
        "invalid_password_reset": _("This link has been used or is too old."),
        "max_email_addresses": _("An account has at most %d addresses."),
        "rate_limited": _("A code was sent a moment ago. Wait a little before you ask for another one."),
        "same_as_current": _("This is the address you gave before."),
        "too_many_login_attempts": _("Too many wrong codes. Ask for a new one."),
        "unverified_primary_email": _("Confirm this address first."),
    }

    def clean_email(self, email: str) -> str:
        return plain_address(email)

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

    def is_safe_url(self, url: str) -> bool:
        """Whether somebody may be led there after signing in or out: to pages of this site only, whatever else the
        server answers for."""
        return bool(url_has_allowed_host_and_scheme(url, allowed_hosts={self.request.get_host()}))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if wish := request.session.get(WISH):
            return reverse("webinars:register", args=[wish[0]])
        url: str = super().get_login_redirect_url(request)
        return url

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if methods or not user.is_authenticated:
            return methods
        return [{"id": "code", "description": "", "url": reverse("account_confirm_by_code")}]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Asked before what only the owner may do. The library lets those through who have no password and no second
        factor; they confirm by a code (`confirm_by_code`)."""
        required: bool = super().is_reauthentication_required(app=app, **kwargs)
        if required and not get_reauthentication_flows(self.request.user) and not self._proved_by_code_just_now():
            raise ReauthenticationRequired
        return required

    def _proved_by_code_just_now(self) -> bool:
        """A code that signed the person in counts as one that was asked for later."""
        proofs = get_authentication_records(self.request, self.request.user)
        return any(proof["method"] == "code" and time.time() - proof["at"] < RECENT_SECONDS for proof in proofs)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_home")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """After an address was added; signing up goes on by itself."""
        if self.request.user.is_authenticated:
            return reverse("account_email")
        url: str = super().get_email_verification_redirect_url(email_address)
        return url

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        count_password_guess(request, str(credentials.get("email", "")))

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        try:
            with transaction.atomic():
                return bool(super().confirm_email(request, email_address))
        except IntegrityError:  # somebody else proved the same address at this very instant
            return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Whoever signed up to an account that waited for its owner has just proved to be that."""
        owner, name, hashed = request.session.pop(SIGNED_UP, None) or ("", "", "")
        if owner == str(user.pk):
            user.display_name = name
            if hashed and not user.has_usable_password():
                user.password = hashed
            user.save(update_fields=["display_name", "password"])
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **how)
        remember_browser(request, response, user.email)
        return response

    def logout(self, request: HttpRequest) -> None:
        """Also called when somebody who is not signed in yet gives up one way to try another."""
        wish = None if request.user.is_authenticated else request.session.get(WISH)
        super().logout(request)
        if wish:
            request.session[WISH] = wish

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails that were asked for are counted, whether the address is known or not, and must leave; that one which
        only tells of a change does not leave undoes nothing."""
        asked_for = template_prefix in ASKED_FOR
        if asked_for:
            count_mail(self.request, email)
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            logger.error("a mail could not be sent (%s)", type(error).__name__)
            if asked_for:
                raise ImmediateHttpResponse(codes_unavailable(self.request, back=self.request.path)) from error
