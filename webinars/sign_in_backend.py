"""Who is signed in, and how passwords are looked at."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.usersessions.models import UserSession
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from webinars.models import User
from webinars.services.sign_ins import SIGN_IN


class OneHash(AuthenticationBackend):
    """Passwords by address. One that is wrong is hashed here and not again by the backends that follow, which are
    listed for the sessions that they began: a hash is dear, for us as for who guesses."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        found: User | None = super().authenticate(request, **credentials)
        if found is None:
            raise PermissionDenied
        return found

    def get_user(self, user_id: Any) -> User | None:
        """With the numbers of the person's sign-ins, in the same query."""
        numbers = UserSession.objects.filter(user=OuterRef("pk")).values("pk")
        found: User | None = User.objects.annotate(sign_ins=ArraySubquery(numbers)).filter(pk=user_id).first()
        return found if found is not None and self.user_can_authenticate(found) else None


class SignInMiddleware(AuthenticationMiddleware):
    """A session that is listed as a sign-in signs in as long as it is listed. Sessions are read from the cache, and a
    copy there outlives what ended the session while Redis was away."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _still_signed_in(request))  # type: ignore[assignment]


def _still_signed_in(request: HttpRequest) -> Any:
    user: Any = get_user(request)
    number = request.session.get(SIGN_IN)
    if number is not None and number not in getattr(user, "sign_ins", [number]):
        return AnonymousUser()
    return user
