from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from webinars.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Where django-allauth meets `User`: there is no username, and the name is `display_name`."""

    def populate_username(self, request: HttpRequest, user: User) -> None:
        return

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.display_name = form.cleaned_data.get("display_name", "").strip()
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved
