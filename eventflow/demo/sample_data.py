"""The sample agency: its people, two clients, four webinars, and a registration campaign. Loading it again changes
only the live one's times."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from eventflow.demo import texts
from eventflow.demo.campaign import load_campaign
from eventflow.demo.ended_webinar import fill_ended_webinar, write_ended_questions
from eventflow.demo.live_room import fill_live_room
from webinars.models import Agency, AgencyMember, Client, ClientMember, Role, User, Webinar

DOMAIN = "eventflow.example"
ZONE = ZoneInfo("Asia/Seoul")
LIVE_SLUG, UPCOMING_SLUG, ENDED_SLUG = "demo", "ai-quality-inspection", "cloud-cost"
LIVE_LENGTH = timedelta(hours=2)
STAGE_PAGE = "/static/webinars/stage/index.html"


@dataclass(frozen=True)
class SignIn:
    """A person one can sign in as. `of` is the agency or the slug of a client."""

    part: str
    email: str
    name: str
    role: Role | None = None
    of: str = ""


def sign_in(part: str, mailbox: str, name: str, role: Role | None = None, of: str = "") -> SignIn:
    return SignIn(part, f"{mailbox}@{DOMAIN}", name, role, of)


CLOUD, MACHINES = "gaonnuri-cloud", "seum-precision"
SIGN_INS = [
    sign_in("super admin", "admin", "관리자"),
    sign_in("agency owner", "owner", "한지원", Role.OWNER, "agency"),
    sign_in("agency admin", "agency-admin", "노유진", Role.ADMIN, "agency"),
    sign_in("agency operator", "operator", "백승호", Role.OPERATOR, "agency"),
    sign_in("client analyst", "analyst", "오세진", Role.ANALYST, CLOUD),
    sign_in("client viewer", "viewer", "배수현", Role.VIEWER, CLOUD),
    sign_in("other client's operator", "other-operator", "문태경", Role.OPERATOR, MACHINES),
    sign_in("moderator of the live webinar", "moderator", "정다은"),
    sign_in("presenter of the live webinar", "presenter", "서지훈"),
    sign_in("attendee", "attendee", "이서연"),
    sign_in("second attendee", "attendee2", "박준호"),
]


def load(*, password: str, now: datetime) -> None:
    """Make what is missing, and have the webinar `demo` live at `now`."""
    with transaction.atomic():
        agency, _ = Agency.objects.get_or_create(slug="onair-studio", defaults={"name": "온에어 스튜디오"})
        clients = {
            slug: Client.objects.get_or_create(slug=slug, defaults={"agency": agency, "name": name})[0]
            for slug, name in {CLOUD: "가온누리 클라우드", MACHINES: "세움정밀"}.items()
        }
        people = load_people(password=password)
        load_memberships(people, agency=agency, clients=clients)
        live = load_live_webinar(client=clients[CLOUD], now=now)
        moderator, presenter = (people[f"{part}@{DOMAIN}"] for part in ("moderator", "presenter"))
        fill_live_room(live, moderator=moderator, presenter=presenter, now=now)
        upcoming = load_upcoming_webinar(client=clients[MACHINES], now=now)
        load_campaign(first=upcoming, player_url=STAGE_PAGE, now=now)
        ended = load_ended_webinar(client=clients[CLOUD], now=now)
        host = people[f"operator@{DOMAIN}"]
        if not ended.registrations.exists():
            fill_ended_webinar(ended, host=host)
        if not ended.questions.exists():
            write_ended_questions(ended, host=host)


def load_people(*, password: str) -> dict[str, User]:
    """By email. A password that has been changed since is set back to the one that the demo prints."""
    emails = [person.email for person in SIGN_INS]
    known = {user.email: user for user in User.objects.filter(email__in=emails)}
    sample = next(iter(known.values()), None)
    same = sample is not None and check_password(password, sample.password)
    # One hash for all of them: hashing is slow on purpose, and these people share their password anyway.
    hashed = sample.password if sample is not None and same else make_password(password)
    for person in SIGN_INS:
        user = known.setdefault(person.email, User(email=person.email, display_name=person.name))
        user.password = hashed
        user.is_superuser = person.email == f"admin@{DOMAIN}"
        user.is_staff = user.is_superuser or person.role is not None
        user.is_active = True
    User.objects.bulk_create(
        known.values(),
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["password", "is_staff", "is_superuser", "is_active"],
    )
    addressed = set(EmailAddress.objects.filter(email__in=emails).values_list("email", flat=True))
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=email, verified=True, primary=True)
        for email, user in known.items()
        if email not in addressed
    )
    return known


def load_memberships(people: dict[str, User], *, agency: Agency, clients: dict[str, Client]) -> None:
    roles = [(people[person.email], person.role, person.of) for person in SIGN_INS if person.role is not None]
    AgencyMember.objects.bulk_create(
        [AgencyMember(agency=agency, user=user, role=role) for user, role, of in roles if of == "agency"],
        ignore_conflicts=True,
    )
    ClientMember.objects.bulk_create(
        [ClientMember(client=clients[of], user=user, role=role) for user, role, of in roles if of != "agency"],
        ignore_conflicts=True,
    )


def load_live_webinar(*, client: Client, now: datetime) -> Webinar:
    """Live at `now`, whatever became of it since the last run; its chat, people and history stay. One that was sealed
    meanwhile lets nobody in any more: it makes room for another."""
    start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    past = Webinar.objects.filter(slug=LIVE_SLUG, attendance_seals__isnull=False)
    past.update(slug=f"{LIVE_SLUG}-{now:%Y-%m-%d-%H%M%S}")
    webinar, _ = Webinar.objects.get_or_create(
        slug=LIVE_SLUG,
        defaults={
            "client": client,
            "title": texts.LIVE_TITLE,
            "description": texts.LIVE_DESCRIPTION,
            "takeaways": texts.LIVE_TAKEAWAYS,
            "speakers": texts.LIVE_SPEAKERS,
            "access_policy": Webinar.AccessPolicy.AUTH,
            "player": Webinar.Player.IFRAME,
            "player_url": STAGE_PAGE,
            "participant_list_enabled": True,
            "bucket_seconds": Webinar.Bucket.ONE_MINUTE,
            "webinar_start_time": start,
            "webinar_scheduled_end_time": start + LIVE_LENGTH,
            "state": Webinar.State.LIVE,
        },
    )
    over = webinar.content_window.end is not None and webinar.content_window.end <= now
    if webinar.state != Webinar.State.LIVE or over or webinar.webinar_start_time > now:
        webinar.webinar_start_time = start
        webinar.webinar_scheduled_end_time = start + LIVE_LENGTH
        webinar.webinar_actual_end_time = webinar.doors_opened_at = None
        webinar.state = Webinar.State.LIVE
        webinar.save()
    extend_live_webinar(now=now)
    return webinar


def extend_live_webinar(*, now: datetime) -> int:
    """Move the live webinar's planned end on when it comes near. The number of webinars changed."""
    in_an_hour = now + timedelta(hours=1, minutes=29)
    half_hour = in_an_hour.replace(minute=in_an_hour.minute // 30 * 30, second=0, microsecond=0)
    return Webinar.objects.filter(
        slug=LIVE_SLUG,
        state=Webinar.State.LIVE,
        webinar_actual_end_time=None,
        webinar_scheduled_end_time__lt=now + timedelta(minutes=30),
    ).update(webinar_scheduled_end_time=half_hour)


def load_upcoming_webinar(*, client: Client, now: datetime) -> Webinar:
    """Always three days ahead, at two in the afternoon in Seoul."""
    start = at_two(now + timedelta(days=3))
    webinar, _ = Webinar.objects.get_or_create(
        slug=UPCOMING_SLUG,
        defaults={
            "client": client,
            "title": texts.UPCOMING_TITLE,
            "description": texts.UPCOMING_DESCRIPTION,
            "takeaways": texts.UPCOMING_TAKEAWAYS,
            "speakers": texts.UPCOMING_SPEAKERS,
            "player": Webinar.Player.IFRAME,
            "player_url": STAGE_PAGE,
            "webinar_start_time": start,
            "webinar_scheduled_end_time": start + timedelta(minutes=50),
            "state": Webinar.State.SCHEDULED,
        },
    )
    if webinar.state == Webinar.State.SCHEDULED and webinar.webinar_start_time < now + timedelta(hours=1):
        webinar.webinar_start_time = start
        webinar.webinar_scheduled_end_time = start + timedelta(minutes=50)
        webinar.save(update_fields=["webinar_start_time", "webinar_scheduled_end_time", "updated_at"])
    return webinar


def load_ended_webinar(*, client: Client, now: datetime) -> Webinar:
    """Two days before the first run; it stays where it was, as history does."""
    start = at_two(now - timedelta(days=2))
    webinar, _ = Webinar.objects.get_or_create(
        slug=ENDED_SLUG,
        defaults={
            "client": client,
            "title": texts.ENDED_TITLE,
            "description": texts.ENDED_DESCRIPTION,
            "takeaways": texts.ENDED_TAKEAWAYS,
            "speakers": texts.ENDED_SPEAKERS,
            "player": Webinar.Player.IFRAME,
            "player_url": STAGE_PAGE,
            "doors_opened_at": start - timedelta(minutes=20),
            "webinar_start_time": start,
            "webinar_scheduled_end_time": start + timedelta(minutes=60),
            "webinar_actual_end_time": start + timedelta(minutes=58, seconds=24),
            "state": Webinar.State.ENDED,
        },
    )
    return webinar


def at_two(moment: datetime) -> datetime:
    return moment.astimezone(ZONE).replace(hour=14, minute=0, second=0, microsecond=0)
