"""Open pages learn of rights that are taken away, however that happens: in the console, by leaving, by a command."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from webinars.models import AgencyMember, ClientMember, User
from webinars.services.removing import account_switched_off, membership_changed


def connect() -> None:
    for model in (AgencyMember, ClientMember):
        post_delete.connect(_membership_gone, sender=model)
        post_save.connect(_membership_saved, sender=model)
    post_save.connect(_account_saved, sender=User)


def _membership_gone(sender: Any, instance: AgencyMember | ClientMember, **kwargs: Any) -> None:
    membership_changed(instance, now=timezone.now())


def _membership_saved(sender: Any, instance: AgencyMember | ClientMember, *, created: bool, **kwargs: Any) -> None:
    if not created:
        membership_changed(instance, now=timezone.now())


def _account_saved(sender: Any, instance: User, *, created: bool, **kwargs: Any) -> None:
    if not created and not instance.is_active:
        account_switched_off(instance, now=timezone.now())
