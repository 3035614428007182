"""Covers that no webinar shows any more: their files go, too."""

from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete

from webinars.models import Webinar


def connect() -> None:
    post_delete.connect(_webinar_gone, sender=Webinar)


def forget_cover(name: str | None) -> None:
    """After the commit, since what is undone shows it again. What cannot be deleted is in the log, and stays."""
    if name:
        transaction.on_commit(lambda: _delete_unshown(name), robust=True)


def _delete_unshown(name: str) -> None:
    if not Webinar.objects.filter(cover_image=name).exists():
        default_storage.delete(name)


def _webinar_gone(instance: Webinar, **_more: Any) -> None:
    forget_cover(instance.cover_image.name)
