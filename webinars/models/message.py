import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from webinars.models.tenancy import TenantModel
from webinars.models.user import User
from webinars.models.webinar import Webinar


class ChatRoom(models.Model):
    """The counters behind `messages.seq` and `changed_seq`, in a row of its own so that posting never rewrites the
    webinar.

    The row's lock is held from the count to the commit, so numbers come out in commit order and a refused
    message leaves no hole (spec 9).
    """

    webinar = models.OneToOneField(Webinar, on_delete=models.CASCADE, primary_key=True, related_name="chat_room")
    last_seq = models.BigIntegerField(default=0)
    last_changed_seq = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "chat_rooms"

    def __str__(self) -> str:
        return f"{self.webinar_id}: {self.last_seq}, {self.last_changed_seq}"


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(webinar__in=Webinar.objects.visible_to(user))


class Message(TenantModel):
    """One chat message (spec 9).

    `client_message_id` is the API's `client_id`: it makes a retried post the same message. (In the table,
    `client_id` is the tenant key.) `changed_seq` is null until the message is deleted or restored, and renumbered by
    each of these: pages that were away ask for what changed after the last change they know.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webinar = models.ForeignKey(
        Webinar,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="messages",
        verbose_name=_("webinar"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages", verbose_name=_("person")
    )
    seq = models.BigIntegerField(_("number"))
    changed_seq = models.BigIntegerField(null=True)
    client_message_id = models.CharField(max_length=64)
    body = models.CharField(_("text"), max_length=settings.CHAT_MESSAGE_MAX_LENGTH)
    author_name = models.CharField(_("name"), max_length=100)
    is_host = models.BooleanField(_("by a host"), default=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        db_table = "messages"
        verbose_name = _("chat message")
        verbose_name_plural = _("chat messages")
        ordering = ["webinar", "seq"]
        constraints = [
            # Also the index of `messages?after=`.
            models.UniqueConstraint(fields=["webinar", "seq"], name="message_seq_unique"),
            models.UniqueConstraint(fields=["webinar", "user", "client_message_id"], name="message_once"),
            # Also the index of `messages?changed_after=`; few messages are ever changed.
            models.UniqueConstraint(
                fields=["webinar", "changed_seq"],
                condition=Q(changed_seq__isnull=False),
                name="message_changed_seq_unique",
            ),
            models.CheckConstraint(condition=Q(seq__gt=0), name="message_seq_positive"),
            models.CheckConstraint(
                condition=Q(changed_seq__isnull=True) | Q(changed_seq__gt=0), name="message_changed_seq_positive"
            ),
            models.CheckConstraint(condition=~Q(body=""), name="message_body_not_empty"),
            models.CheckConstraint(condition=~Q(client_message_id=""), name="message_client_id_not_empty"),
            models.CheckConstraint(condition=~Q(author_name=""), name="message_author_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.author_name}: {self.body[:40]}"
