import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from webinars.models.tenancy import TenantModel
from webinars.models.user import User
from webinars.models.webinar import Webinar

QUESTION_MAX_LENGTH = 1000
ANSWER_MAX_LENGTH = 4000


class QuestionRoom(models.Model):
    """The counters behind `questions.seq` and `questions.changed_seq`, locked from the count to the commit as
    `ChatRoom` is, so that numbers come out in commit order."""

    webinar = models.OneToOneField(Webinar, on_delete=models.CASCADE, primary_key=True, related_name="question_room")
    last_seq = models.BigIntegerField(default=0)
    last_changed_seq = models.BigIntegerField(default=0)

    class Meta:
        db_table = "question_rooms"

    def __str__(self) -> str:
        return f"{self.webinar_id}: {self.last_seq}, {self.last_changed_seq}"


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(webinar__in=Webinar.objects.visible_to(user))

    def shown(self) -> Self:
        """What everybody in the room may read."""
        return self.filter(status__in=[Question.Status.PUBLISHED, Question.Status.ANSWERED])


class Question(TenantModel):
    """One question to the hosts (spec 10).

    `seq` counts what was asked, gapless per webinar. `changed_seq` is renumbered by every change that the room is told
    of: `after=` reads it, so that a page learns of a question that was published or answered long after it was asked.
    `asker_name` is always kept; `is_anonymous` hides it from other attendees, not from hosts. `client_message_id`
    makes a retried post the same question. `upvote_count` is the number of its votes.
    """

    class Status(models.TextChoices):
        PENDING = "pending", pgettext_lazy("question", "Waiting")
        PUBLISHED = "published", pgettext_lazy("question", "Published")
        ANSWERED = "answered", pgettext_lazy("question", "Answered")
        ARCHIVED = "archived", pgettext_lazy("question", "Archived")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webinar = models.ForeignKey(
        Webinar,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="questions",
        verbose_name=_("webinar"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="questions", verbose_name=_("person")
    )
    seq = models.BigIntegerField(_("number"))
    changed_seq = models.BigIntegerField()
    client_message_id = models.CharField(max_length=64)
    body = models.CharField(_("question"), max_length=QUESTION_MAX_LENGTH)
    asker_name = models.CharField(_("name"), max_length=100)
    is_anonymous = models.BooleanField(_("asked anonymously"), default=False)
    status = models.CharField(_("state"), max_length=10, choices=Status.choices, default=Status.PENDING)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    pinned_at = models.DateTimeField(_("pinned"), null=True, blank=True)
    upvote_count = models.PositiveIntegerField(_("votes"), default=0)
    answer = models.CharField(_("answer"), max_length=ANSWER_MAX_LENGTH, blank=True)
    answered_live = models.BooleanField(_("answered live"), default=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    # By who asked: hosts cannot put it back.
    withdrawn_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )

    objects = QuestionQuerySet.as_manager()

    class Meta:
        db_table = "questions"
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["webinar", "seq"]
        # The votes that every answer of `questions` names, the most first.
        indexes = [
            models.Index(
                fields=["webinar", "-upvote_count", "seq"],
                name="question_most_votes",
                condition=Q(status__in=["published", "answered"], upvote_count__gt=0),
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["webinar", "seq"], name="question_seq_unique"),
            # Also the index of `questions?after=`.
            models.UniqueConstraint(fields=["webinar", "changed_seq"], name="question_changed_seq_unique"),
            models.UniqueConstraint(fields=["webinar", "user", "client_message_id"], name="question_once"),
            # What a vote's composite key points at.
            models.UniqueConstraint(fields=["id", "webinar"], name="question_of_webinar"),
            models.CheckConstraint(condition=Q(seq__gt=0, changed_seq__gt=0), name="question_seqs_positive"),
            models.CheckConstraint(condition=~Q(body=""), name="question_body_not_empty"),
            models.CheckConstraint(condition=~Q(client_message_id=""), name="question_client_id_not_empty"),
            models.CheckConstraint(condition=~Q(asker_name=""), name="question_asker_not_empty"),
            # The next two also refuse any other status.
            models.CheckConstraint(
                condition=Q(status="pending", published_at__isnull=True)
                | Q(status__in=["published", "answered"], published_at__isnull=False)
                | Q(status="archived"),
                name="question_published_when_shown",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "published"], answered_at__isnull=True)
                | Q(status="answered", answered_at__isnull=False)
                | Q(status="archived"),
                name="question_answered_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="", answered_live=False, answered_by__isnull=True)
                | (Q(answered_at__isnull=False) & (~Q(answer="") | Q(answered_live=True))),
                name="question_answer_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(status="archived", published_at__isnull=True),
                name="question_withdrawn_is_unread",
            ),
            models.CheckConstraint(
                condition=Q(pinned_at__isnull=True) | Q(status__in=["published", "answered"]),
                name="question_pinned_is_shown",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq}: {self.body[:40]}"


class QuestionVoteQuerySet(models.QuerySet["QuestionVote"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(webinar__in=Webinar.objects.visible_to(user))


class QuestionVote(TenantModel):
    """One person's vote for a question of the same webinar (spec 10); the database refuses a second."""

    webinar = models.ForeignKey(
        Webinar, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="question_votes"
    )
    # Held by the composite key to `questions (id, webinar_id)`, made in the migration.
    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="votes"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="question_votes")

    objects = QuestionVoteQuerySet.as_manager()

    class Meta:
        db_table = "question_votes"
        # What the key to `webinars` asks when a webinar is deleted or moves.
        indexes = [models.Index(fields=["webinar"], name="question_vote_of_webinar")]
        constraints = [models.UniqueConstraint(fields=["question", "user"], name="question_vote_once")]

    def __str__(self) -> str:
        return f"{self.question_id}: {self.user_id}"
