import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from webinars.models.campaign import Campaign
from webinars.models.tenancy import TenantQuerySet
from webinars.models.validators import (
    UUID_FORM,
    check_interval_overrides,
    check_slug,
    check_speakers,
    check_time_zone,
    check_web_address,
)

BLOCKED_WORD_MAX_LENGTH = 50
NOTICE_MAX_LENGTH = 1000


class Window(NamedTuple):
    """A half-open stretch of time [start, end); `end` is None while it is unknown."""

    start: datetime
    end: datetime | None

    def contains(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)


def default_bucket_seconds() -> int:
    seconds: int = settings.SNAPSHOT_BUCKET_SECONDS
    return seconds


class WebinarQuerySet(TenantQuerySet):
    def public(self) -> Self:
        return self.exclude(state=Webinar.State.DRAFT)

    def by_ref(self, ref: str) -> Self:
        """The webinar that a URL names: by UUID or by slug (spec 2)."""
        if UUID_FORM.fullmatch(ref):
            return self.filter(id=uuid.UUID(ref))
        return self.filter(slug=ref) if "\x00" not in ref else self.none()

    def in_content_window(self, now: datetime) -> Self:
        return self.annotate(
            content_end=Coalesce(F("webinar_actual_end_time"), F("webinar_scheduled_end_time"))
        ).filter(Q(webinar_start_time__lte=now) & (Q(content_end__isnull=True) | Q(content_end__gt=now)))

    def begun(self, now: datetime) -> Self:
        """Started and not ended, also those that nobody started."""
        return self.filter(Q(state=Webinar.State.LIVE) | Q(state=Webinar.State.SCHEDULED, webinar_start_time__lte=now))

    def collected_after(self, now: datetime) -> Self:
        """Webinars whose collect window ends after `now`, or is not known to end."""
        end = Coalesce(F("webinar_actual_end_time"), F("webinar_scheduled_end_time"))
        after = ExpressionWrapper(F("post_window_minutes") * timedelta(minutes=1), models.DurationField())
        return self.annotate(collect_end=ExpressionWrapper(end + after, models.DateTimeField())).filter(
            Q(collect_end__isnull=True) | Q(collect_end__gt=now)
        )


class Webinar(models.Model):
    """One live event, its times and its rules (spec 2)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        LIVE = "live", _("Live")
        ENDED = "ended", _("Ended")

    class AccessPolicy(models.TextChoices):
        OPEN = "open", _("Anybody")
        AUTH = "auth", _("Signed-in people")
        EMAIL_AUTH = "email_auth", _("People on the email list")
        NAME_EMAIL_AUTH = "name_email_auth", _("People who registered with name and email")

    class Player(models.TextChoices):
        YOUTUBE = "youtube", "YouTube"
        VIMEO = "vimeo", "Vimeo"
        HLS = "hls", _("HLS stream")
        IFRAME = "iframe", _("Embedded page")

    class Language(models.TextChoices):
        KO = "ko", _("Korean")
        EN = "en", _("English")

    class DuplicateLogin(models.TextChoices):
        ALLOW = "allow", _("Allow several pages")
        WARN = "warn", _("Warn the older page")
        REPLACE = "replace", _("Replace the older page")

    class SlowMode(models.IntegerChoices):
        """Seconds between two messages of one attendee."""

        OFF = 0, _("Off")
        FIVE_SECONDS = 5, _("5 seconds")
        TEN_SECONDS = 10, _("10 seconds")
        HALF_A_MINUTE = 30, _("30 seconds")
        A_MINUTE = 60, pgettext_lazy("slow mode", "1 minute")
        FIVE_MINUTES = 300, pgettext_lazy("slow mode", "5 minutes")

    class Bucket(models.IntegerChoices):
        ONE_MINUTE = 60, _("1 minute")
        FIVE_MINUTES = 300, _("5 minutes")
        FIFTEEN_MINUTES = 900, _("15 minutes")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("address"), max_length=80, unique=True, allow_unicode=True, validators=[check_slug])
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    takeaways = models.TextField(_("what people take away"), blank=True, help_text=_("One per line."))
    speakers = models.JSONField(_("speakers"), default=list, blank=True, validators=[check_speakers])
    cover_image = models.ImageField(_("cover image"), upload_to="covers/", blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.KO)
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Seoul", validators=[check_time_zone])
    client = models.ForeignKey(
        "webinars.Client", on_delete=models.PROTECT, related_name="webinars", verbose_name=_("client")
    )
    agency = models.ForeignKey(
        "webinars.Agency", on_delete=models.PROTECT, related_name="webinars", verbose_name=_("agency"), editable=False
    )
    access_policy = models.CharField(
        _("who gets in"), max_length=16, choices=AccessPolicy.choices, default=AccessPolicy.AUTH
    )
    verify_email = models.BooleanField(
        _("people prove their address"),
        default=True,
        db_default=True,
        help_text=_(
            "With a code by email. Without, typing an address on the list is enough: whoever knows one gets in as its "
            "owner, except as somebody who has a password or works here."
        ),
    )
    registration_campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="webinars",
        verbose_name=_("registration campaign"),
    )
    player = models.CharField(_("player"), max_length=8, choices=Player.choices, default=Player.YOUTUBE)
    player_url = models.CharField(_("player address"), max_length=500, blank=True, validators=[check_web_address])
    replay_url = models.CharField(_("replay address"), max_length=500, blank=True, validators=[check_web_address])

    webinar_start_time = models.DateTimeField(_("starts"))
    webinar_scheduled_end_time = models.DateTimeField(_("planned end"), null=True, blank=True)
    webinar_actual_end_time = models.DateTimeField(_("actual end"), null=True, blank=True)
    post_window_minutes = models.PositiveSmallIntegerField(_("minutes collected after the end"), default=30)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    doors_opened_at = models.DateTimeField(_("doors opened"), null=True, blank=True)

    chat_enabled = models.BooleanField(_("chat"), default=True)
    chat_slow_seconds = models.PositiveSmallIntegerField(
        _("slow mode"), choices=SlowMode.choices, default=SlowMode.OFF, db_default=0
    )
    # In the form in which messages are compared with them (`webinars/blocked_words.py`).
    blocked_words = ArrayField(
        models.CharField(max_length=BLOCKED_WORD_MAX_LENGTH),
        verbose_name=_("blocked words"),
        default=list,
        db_default=[],
        blank=True,
    )
    questions_enabled = models.BooleanField(_("Q&A"), default=True)
    questions_moderated = models.BooleanField(_("questions are published by a host"), default=True, db_default=True)
    reactions_enabled = models.BooleanField(_("reactions"), default=True)
    participant_list_enabled = models.BooleanField(_("participant list"), default=False)
    bucket_seconds = models.PositiveSmallIntegerField(
        _("timeline step"), choices=Bucket.choices, default=default_bucket_seconds
    )
    interval_overrides = models.JSONField(
        _("own intervals"), default=dict, blank=True, validators=[check_interval_overrides]
    )
    duplicate_login_policy = models.CharField(
        _("second page of a person"), max_length=8, choices=DuplicateLogin.choices, default=DuplicateLogin.REPLACE
    )
    # The line at the top of the page (spec 11); `notice_message_id` is the message that was pinned, if it was one.
    notice = models.CharField(_("notice"), max_length=NOTICE_MAX_LENGTH, blank=True, db_default="")
    notice_author = models.CharField(max_length=100, blank=True, db_default="")
    notice_message_id = models.UUIDField(null=True, blank=True)
    notice_set_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = WebinarQuerySet.as_manager()

    class Meta:
        db_table = "webinars"
        verbose_name = _("webinar")
        verbose_name_plural = _("webinars")
        ordering = ["-webinar_start_time"]
        indexes = [
            models.Index(fields=["client", "-webinar_start_time"], name="webinar_of_client"),
            # The minute job, the home page and the console's home ask for what runs now.
            models.Index(fields=["webinar_start_time"], name="webinar_by_start"),
            # The minute job asks which webinars nobody ended; few are ever between planned and ended.
            models.Index(
                fields=["webinar_scheduled_end_time"],
                condition=Q(state__in=["scheduled", "live"]),
                name="webinar_not_ended",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "client", "agency"], name="webinar_tenant"),
            models.CheckConstraint(
                condition=Q(webinar_scheduled_end_time__isnull=True)
                | Q(webinar_scheduled_end_time__gt=F("webinar_start_time")),
                name="webinar_scheduled_end_after_start",
                violation_error_message=_("The planned end must be after the start."),
            ),
            models.CheckConstraint(
                condition=Q(webinar_actual_end_time__isnull=True)
                | Q(webinar_actual_end_time__gte=F("webinar_start_time")),
                name="webinar_actual_end_after_start",
                violation_error_message=_("The actual end must not be before the start."),
            ),
            models.CheckConstraint(condition=Q(bucket_seconds__in=[60, 300, 900]), name="webinar_bucket_seconds"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "scheduled", "live", "ended"]), name="webinar_state"
            ),
            models.CheckConstraint(
                condition=Q(state="ended", webinar_actual_end_time__isnull=False)
                | (~Q(state="ended") & Q(webinar_actual_end_time__isnull=True)),
                name="webinar_ended_has_its_end",
                violation_error_message=_("A webinar has an actual end when it has ended, and only then."),
            ),
            models.CheckConstraint(condition=Q(language__in=["ko", "en"]), name="webinar_language"),
            models.CheckConstraint(
                condition=Q(player__in=["youtube", "vimeo", "hls", "iframe"]), name="webinar_player"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="webinar_title_not_empty"),
            models.CheckConstraint(
                condition=~Q(slug="") & ~Q(slug__regex=r"[\s/?#%]") & ~Q(slug__iregex=r"^[0-9a-f-]{36}$"),
                name="webinar_slug_form",
            ),
            models.CheckConstraint(
                condition=Q(access_policy__in=["open", "auth", "email_auth", "name_email_auth"]),
                name="webinar_access_policy",
            ),
            models.CheckConstraint(
                condition=Q(duplicate_login_policy__in=["allow", "warn", "replace"]), name="webinar_duplicate_login"
            ),
            models.CheckConstraint(
                condition=Q(chat_slow_seconds__in=[0, 5, 10, 30, 60, 300]), name="webinar_slow_mode"
            ),
            models.CheckConstraint(
                condition=Q(notice="", notice_author="", notice_message_id=None, notice_set_at=None)
                | (~Q(notice="") & Q(notice_set_at__isnull=False)),
                name="webinar_notice_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: object, **kwargs: object) -> None:
        """The agency is always the client's; the database refuses any other."""
        self.agency_id = self.client.agency_id
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def has_begun(self, now: datetime) -> bool:
        """Started and not ended, also when nobody pressed start."""
        if self.state == Webinar.State.SCHEDULED:
            return self.webinar_start_time <= now
        return self.state == Webinar.State.LIVE

    def is_waiting(self, now: datetime) -> bool:
        """Neither begun nor ended: its times are plans only."""
        return self.state != Webinar.State.ENDED and not self.has_begun(now)

    @property
    def content_window(self) -> Window:
        """[start, actual end or else planned end) (spec 2)."""
        return Window(self.webinar_start_time, self.webinar_actual_end_time or self.webinar_scheduled_end_time)

    @property
    def collect_window(self) -> Window:
        """From the doors (30 minutes before the start, or when a host opened them) to the content's end
        plus `post_window_minutes` (spec 2)."""
        opens = self.webinar_start_time - timedelta(minutes=settings.DOORS_OPEN_MINUTES)
        if self.doors_opened_at is not None:
            opens = min(opens, self.doors_opened_at)
        end = self.content_window.end
        return Window(opens, end + timedelta(minutes=self.post_window_minutes) if end is not None else None)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def interval(name: str, overrides: Mapping[str, int]) -> int:
    """Seconds of the setting `name`, unless the webinar has its own."""
    seconds: int = overrides.get(name, getattr(settings, name))
    return seconds


def page_intervals(overrides: Mapping[str, int]) -> dict[str, int]:
    """The intervals that a page must use, as `track` and the live page hand them out (spec 5)."""
    return {
        "pingSeconds": interval("PRESENCE_PING_INTERVAL_SECONDS", overrides),
        "pingJitterSeconds": interval("PRESENCE_PING_JITTER_SECONDS", overrides),
        "trackSeconds": interval("ACCESS_TRACK_INTERVAL_SECONDS", overrides),
        "throttleSeconds": settings.PRESENCE_WRITE_THROTTLE_SECONDS,
        "chatPollSeconds": interval("CHAT_FALLBACK_INTERVAL_SECONDS", overrides),
        "questionsPollSeconds": interval("QUESTIONS_FALLBACK_INTERVAL_SECONDS", overrides),
    }
