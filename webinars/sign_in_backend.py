from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from webinars.models import User


class OneHash(AuthenticationBackend):
    """Passwords by address. One that is wrong is hashed here and not again by the backends that follow, which are
    listed for the sessions that they began: a hash is dear, for us as for who guesses."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        found: User | None = super().authenticate(request, **credentials)
        if found is None:
            raise PermissionDenied
        return found
