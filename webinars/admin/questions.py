from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from webinars.admin.moderation_actions import ARCHIVE, PUBLISH, Moderates
from webinars.admin.one_webinar import OneWebinarAdmin
from webinars.admin.person_words import email_of
from webinars.admin.tabs import Tab, add_tab, list_of
from webinars.models import Question


@admin.register(Question)
class QuestionAdmin(Moderates, OneWebinarAdmin):
    """What was asked and answered, to read and search, to publish and to put away; also who asked anonymously."""

    see = "see_personal"
    viewed = "questions"
    moderations = (PUBLISH, ARCHIVE)
    list_display = ["seq", "asker", "body", "status", "upvote_count", "is_pinned", "answer", "created_at"]
    list_display_links = ["seq"]
    list_filter = ["status", "is_anonymous", "answered_live"]
    search_fields = ["body", "asker_name", "answer"]
    ordering = ["-seq"]
    fields = [
        "webinar",
        "seq",
        "asker_name",
        "email",
        "is_anonymous",
        "body",
        "created_at",
        "status",
        "published_at",
        "withdrawn_at",
        "upvote_count",
        "pinned_at",
        "answer",
        "answered_live",
        "answered_at",
        "answered_by",
    ]
    readonly_fields = ["email"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return super().get_queryset(request).select_related("user", "answered_by")

    @admin.display(description=pgettext_lazy("question", "Asked by"), ordering="asker_name")
    def asker(self, obj: Question) -> str:
        return gettext("%(name)s (anonymously)") % {"name": obj.asker_name} if obj.is_anonymous else obj.asker_name

    @admin.display(description=_("pinned"), ordering="pinned_at")
    def is_pinned(self, obj: Question) -> str:
        """A red cross, as Django shows what is not, would look like a fault."""
        return gettext("Yes") if obj.pinned_at is not None else "–"

    @admin.display(description=_("email address"))
    def email(self, obj: Question) -> str:
        return email_of(obj.user)


add_tab(Tab("question", _("Q&A"), "see_personal", 45, list_of("webinars_question")))
