"""Before what only an account's owner may do, django-allauth asks for the password or the second factor. Who has
neither confirms by a code to their address: whoever finds a browser open could else make the account theirs for
good."""

from typing import Any, Self

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.account.views import BaseReauthenticateView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from webinars.account_forms import ConfirmSignIn

# The session's key of the code that was sent.
WAITING = "confirmation_code"
MAIL = "account/email/confirmation_code"


class Confirmation(AbstractCodeVerificationProcess):
    """The code on its way to the main address of whoever is signed in."""

    def __init__(self, request: HttpRequest, state: dict[str, Any]) -> None:
        self.request = request
        super().__init__(
            max_attempts=settings.ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS,
            timeout=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT,
            state=state,
            user=request.user,
        )

    @classmethod
    def begin(cls, request: HttpRequest) -> None:
        process = cls(request, cls.initial_state(request.user, _address_of(request)))
        process.send()
        process.persist()

    @classmethod
    def resume(cls, request: HttpRequest) -> Self | None:
        state = request.session.get(WAITING)
        if not state or state.get("user_id") != cls.initial_state(request.user)["user_id"]:
            return None
        found: Self | None = cls(request, state).abort_if_invalid()
        return found

    def send(self) -> None:
        self.state["code"] = get_adapter().generate_login_code()
        get_adapter().send_mail(MAIL, self.state["email"], {"request": self.request, "code": self.code})

    def persist(self) -> None:
        self.request.session[WAITING] = self.state

    def abort(self) -> None:
        self.request.session.pop(WAITING, None)

    def finish(self) -> None:
        self.abort()
        email = self.state["email"]
        record_authentication(self.request, self.user, method="code", email=email, reauthenticated=True)


def _address_of(request: HttpRequest) -> str:
    proven = EmailAddress.objects.filter(user_id=request.user.pk, verified=True).order_by("-primary").first()
    return str(proven.email if proven else request.user.email)  # type: ignore[union-attr]


@method_decorator([never_cache, login_required], name="dispatch")
class ConfirmByCode(BaseReauthenticateView):
    """Reading the page sends nothing: a mail is asked for by POST."""

    template_name = "account/reauthenticate_by_code.html"
    form_class = ConfirmSignIn

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.waiting is None or request.POST.get("action") == "send":
            Confirmation.begin(request)
            return redirect(self.passthrough_next_url(request.path))
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.waiting = Confirmation.resume(request)
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "code": self.waiting.code if self.waiting else ""}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sent_to = self.waiting.state["email"] if self.waiting else ""
        return {**super().get_context_data(**kwargs), "sent_to": sent_to, "address": _address_of(self.request)}

    def form_valid(self, form: ConfirmSignIn) -> HttpResponse:
        assert self.waiting is not None
        self.waiting.finish()
        answer: HttpResponse = super().form_valid(form)
        return answer

    def form_invalid(self, form: ConfirmSignIn) -> HttpResponse:
        assert self.waiting is not None
        if self.waiting.record_invalid_attempt():
            answer: HttpResponse = super().form_invalid(form)
            return answer
        messages.error(self.request, str(get_adapter().error_messages["too_many_login_attempts"]))
        return redirect(self.passthrough_next_url(self.request.path))
