from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from webinars.admin.one_webinar import OneWebinarAdmin
from webinars.models import Message


@admin.register(Message)
class MessageAdmin(OneWebinarAdmin):
    """What was written in the chat, to read and search."""

    see = "see_personal"
    list_display = ["seq", "author_name", "is_host", "body", "created_at", "deleted_at"]
    list_display_links = ["seq"]
    list_filter = ["is_host", ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["body", "author_name"]
    ordering = ["-seq"]
    fields = ["webinar", "seq", "email", "author_name", "is_host", "body", "created_at", "deleted_at"]
    readonly_fields = ["email"]

    @admin.display(description=_("email address"))
    def email(self, obj: Message) -> str:
        return obj.user.email
