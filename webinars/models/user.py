import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webinars.plain_address import plain_address
from webinars.tombstones import ERASED_PERSON, is_tombstone


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """A person. Without a password they sign in by emailed code only."""
        if not email:
            raise ValueError("A user needs an email address.")
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """One way of writing it, by which people are also looked up."""
        return plain_address(email or "")

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Without regard to case, by the index of `user_email_unique`."""
        return self.alias(folded=Lower("email")).get(folded=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person, whatever they do here: attendees and organizers alike (spec 1)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("email address"))
    display_name = models.CharField(_("name"), max_length=100, blank=True)
    is_staff = models.BooleanField(
        _("may open the console"), default=False, help_text=_("Set by itself when the person becomes a member.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "users"
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message=_("There is already a person with this email address."),
            )
        ]

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Of forms: the address is what one signs in by."""
        return plain_address(username)

    def __str__(self) -> str:
        return str(ERASED_PERSON) if is_tombstone(self.pk, self.email) else self.email

    def get_full_name(self) -> str:
        return self.public_name

    def get_short_name(self) -> str:
        return self.public_name

    @property
    def public_name(self) -> str:
        """What other people in a room see: never an email address."""
        return self.display_name or str(_("Attendee"))
