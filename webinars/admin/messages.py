from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from webinars.admin.moderation_actions import BAN, DELETE, MUTE, RESTORE, Moderates
from webinars.admin.one_webinar import OneWebinarAdmin
from webinars.admin.person_words import email_of, name_or_email
from webinars.models import Message


@admin.register(Message)
class MessageAdmin(Moderates, OneWebinarAdmin):
    """What was written in the chat, to read and search, and to keep order in."""

    see = "see_personal"
    viewed = "chat"
    moderations = (DELETE, RESTORE, MUTE, BAN)
    list_display = ["seq", "author_name", "by_host", "body", "created_at", "deleted"]
    list_display_links = ["seq"]
    list_filter = ["is_host", ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["body", "author_name"]
    ordering = ["-seq"]
    fields = ["webinar", "seq", "email", "author_name", "is_host", "body", "created_at", "deleted"]
    readonly_fields = ["email", "deleted"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("deleted_by")

    @admin.display(description=gettext_lazy("by a host"), ordering="is_host")
    def by_host(self, obj: Message) -> str:
        """A red cross, as Django shows what is not, would look like a fault."""
        return _("Yes") if obj.is_host else "–"

    @admin.display(description=gettext_lazy("email address"))
    def email(self, obj: Message) -> str:
        return email_of(obj.user)

    @admin.display(description=gettext_lazy("deleted"), ordering="deleted_at")
    def deleted(self, obj: Message) -> str:
        if obj.deleted_at is None:
            return "–"
        values = {"time": f"{timezone.localtime(obj.deleted_at):%H:%M:%S}"}
        if obj.deleted_by is None:
            return _("at %(time)s") % values
        return _("at %(time)s by %(name)s") % {**values, "name": name_or_email(obj.deleted_by)}
