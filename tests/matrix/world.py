"""One world with two tenants and everybody who ever asks, for all cells of the matrix.

Texts of tenant A carry words that are nowhere else, so that a response tells what it gave away:

- `CLIENT`: in every text of the client, its webinars and what was written there;
- `AGENCY`: in the texts of the agency above it, which the neighbour (owner of its other client) may know;
- `PERSON`: in names, addresses, answers and devices of people: what takes `see_personal` (spec 1).

The people who ask have neutral names, so that nobody is found out by their own.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from presence.tests.factories import PresenceFactory, SessionFactory
from stats.exports.private_files import private_storage
from stats.services.sealing import seal_attendance
from stats.tests.factories import AccessLogFactory, ExportFactory
from webinars.models import AuditEntry, ConsentGiven, User, Webinar
from webinars.models.allowed_email import AllowedEmailImport, AllowedEmailLine
from webinars.models.message import ChatRoom
from webinars.models.question import QuestionRoom
from webinars.selectors.access import Access, Reason, RoomRole, decide_access, webinar_and_person
from webinars.services.audit import record
from webinars.services.live_pass import issue_pass
from webinars.tests import factories as make

CLIENT, AGENCY, PERSON = "zebrafinch", "quetzalhouse", "okapiperson"

# The columns of the tables, in their order, and their heads.
PEOPLE = {
    "super_admin": "super",
    "agency_owner": "a.own",
    "agency_admin": "a.adm",
    "agency_operator": "a.opr",
    "agency_analyst": "a.ana",
    "agency_viewer": "a.vwr",
    "client_owner": "c.own",
    "client_operator": "c.opr",
    "client_analyst": "c.ana",
    "client_viewer": "c.vwr",
    "neighbour": "neigh",
    "rival_agency_owner": "r.age",
    "rival_owner": "r.own",
    "rival_operator": "r.opr",
    "rival_analyst": "r.ana",
    "rival_viewer": "r.vwr",
    "presenter": "pres",
    "moderator": "mod",
    "attendee": "att",
    "unregistered": "unreg",
    "removed": "remov",
    "banned": "bann",
    "unproven": "unpro",
    "guest": "guest",
    "anonymous": "anon",
}
OUTSIDERS = [name for name in PEOPLE if name.startswith("rival")]


@dataclass
class World:
    people: dict[str, User | None] = field(default_factory=dict)
    webinars: dict[str, Webinar] = field(default_factory=dict)  # of tenant A, by state
    rows: dict[str, Any] = field(default_factory=dict)  # of tenant A, by the model's label
    foreign: dict[str, Any] = field(default_factory=dict)  # the same of tenant B
    exports: dict[tuple[str, str], Any] = field(default_factory=dict)  # by person and webinar
    passes: dict[tuple[str, str], str] = field(default_factory=dict)  # by person and webinar, what their page has
    cookies: dict[str, Any] = field(default_factory=dict)


@contextmanager
def a_world() -> Iterator[World]:
    """All of it, and nothing left behind. What a cell writes is to be rolled back to a savepoint within."""
    held = transaction.atomic()
    held._from_testcase = True  # services may ask for a durable block of their own
    kept: list[str] = []
    with held:
        world = World()
        webinars_of_tenant_a(world)
        people_who_ask(world)
        rows_of_tenant_a(world)
        rows_of_tenant_b(world)
        rows_of_nobody(world)
        kept += exports_of_everybody(world)
        passes_of_everybody(world)
        yield world
        transaction.set_rollback(True)
    for name in kept:
        private_storage().delete(name)


def webinars_of_tenant_a(world: World) -> None:
    agency = make.AgencyFactory(name=f"{AGENCY} agency", slug=f"{AGENCY}-agency")
    client = make.ClientFactory(agency=agency, name=f"{CLIENT} client", slug=f"{CLIENT}-client")
    sibling = make.ClientFactory(agency=agency, name="Sibling client", slug="sibling-client")
    world.rows |= {"webinars.agency": agency, "webinars.client": client, "sibling": sibling}
    now = timezone.now()

    def webinar(name: str, **values: Any) -> Webinar:
        found: Webinar = make.WebinarFactory(
            client=client,
            slug=f"{CLIENT}-{name}",
            title=f"{CLIENT} {name}",
            description=f"{CLIENT} description",
            takeaways=f"{CLIENT} takeaway",
            speakers=[{"name": f"{CLIENT} speaker"}],
            blocked_words=[f"{CLIENT}word"],
            participant_list_enabled=True,
            **values,
        )
        world.webinars[name] = found
        return found

    webinar("live", access_policy="email_auth")
    webinar("open", access_policy="open")
    webinar("typed", access_policy="email_auth", verify_email=False)  # an address is enough
    webinar("draft", state="draft", webinar_start_time=now + timedelta(days=1))
    webinar("blank", state="draft", webinar_start_time=now + timedelta(days=2))  # nobody has to do with it yet
    webinar("soon", state="scheduled", access_policy="auth", webinar_start_time=now + timedelta(days=1))
    webinar("ended", state="ended", access_policy="auth", webinar_start_time=now - timedelta(days=2))
    world.rows["webinars.webinar"] = world.webinars["live"]


def peopled(world: World) -> list[Webinar]:
    return [webinar for name, webinar in world.webinars.items() if name != "blank"]


def people_who_ask(world: World) -> None:
    agency, client = world.rows["webinars.agency"], world.rows["webinars.client"]
    other = make.ClientFactory(
        name="Rival client", slug="rival-client", agency=make.AgencyFactory(name="Rival agency", slug="rival-agency")
    )
    world.foreign |= {"webinars.agency": other.agency, "webinars.client": other}

    def person(name: str, **values: Any) -> User:
        email = f"{name.replace('_', '.')}@people.test"
        user: User = make.UserFactory(email=email, display_name=f"Who asks {name}", **values)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        world.people[name] = user
        return user

    person("super_admin", is_superuser=True, is_staff=True)
    for role in ("owner", "admin", "operator", "analyst", "viewer"):
        make.AgencyMemberFactory(agency=agency, role=role, user=person(f"agency_{role}", is_staff=True))
    for role in ("owner", "operator", "analyst", "viewer"):
        make.ClientMemberFactory(client=client, role=role, user=person(f"client_{role}", is_staff=True))
        rival = person(f"rival_{role}", is_staff=True)
        world.foreign["webinars.clientmember"] = make.ClientMemberFactory(client=other, role=role, user=rival)
    world.foreign["webinars.agencymember"] = make.AgencyMemberFactory(
        agency=other.agency, role="owner", user=person("rival_agency_owner", is_staff=True)
    )
    make.ClientMemberFactory(client=world.rows["sibling"], role="owner", user=person("neighbour", is_staff=True))
    for name in ("presenter", "moderator", "attendee", "banned"):
        user = person(name)
        if name in ("attendee", "banned"):
            for state in ("live", "typed"):
                make.AllowedEmailFactory(webinar=world.webinars[state], email=user.email)
        for webinar in peopled(world):
            make.RegistrationFactory(
                webinar=webinar,
                user=user,
                role=name if name in ("presenter", "moderator") else "attendee",
                banned_at=timezone.now() if name == "banned" else None,
                registered_at=webinar.webinar_start_time - timedelta(days=3),
            )
    person("unregistered")
    person("removed")
    world.people |= {"guest": None, "anonymous": None}
    typed = make.UserFactory(email="unproven@people.test", display_name="Who asks unproven", password=None)
    typed.set_unusable_password()
    typed.save(update_fields=["password"])
    make.AllowedEmailFactory(webinar=world.webinars["typed"], email=typed.email)
    make.RegistrationFactory(webinar=world.webinars["typed"], user=typed)
    world.people["unproven"] = typed
    world.people = {name: world.people[name] for name in PEOPLE}


def rows_of_tenant_a(world: World) -> None:
    """One of everything, in the live webinar unless it has to be another; registered and heard in all of them."""
    live, ended = world.webinars["live"], world.webinars["ended"]
    agency, client = live.agency, live.client
    subject = make.UserFactory(email=f"{PERSON}@example.test", display_name=f"{PERSON} Kim")
    rows = world.rows
    rows["webinars.user"] = subject
    rows["account.emailaddress"] = EmailAddress.objects.create(user=subject, email=subject.email, verified=True)
    rows["socialaccount.socialaccount"] = SocialAccount.objects.create(user=subject, provider="google", uid="1")
    Authenticator.objects.create(user=subject, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x"})
    held = make.UserFactory(email=f"member-{PERSON}@example.test", display_name=f"{PERSON} Member")
    rows["webinars.agencymember"] = make.AgencyMemberFactory(agency=agency, role="admin", user=held)
    rows["webinars.clientmember"] = make.ClientMemberFactory(client=client, role="admin", user=held)

    for webinar in peopled(world):
        registration = make.RegistrationFactory(
            webinar=webinar,
            user=subject,
            answers={f"{CLIENT} question": f"{PERSON} answer"},
            source=f"{CLIENT}-link",
            registered_at=webinar.webinar_start_time - timedelta(days=3),
        )
        session = SessionFactory(
            webinar=webinar,
            user=subject,
            user_agent=f"{PERSON}/1.0",
            entered_at=webinar.webinar_start_time,
            last_heartbeat_at=webinar.webinar_start_time + timedelta(minutes=5),
        )
        log = AccessLogFactory(webinar=webinar, time_bucket=webinar.webinar_start_time)
        message = make.MessageFactory(
            webinar=webinar, user=subject, author_name=subject.display_name, body=f"{CLIENT} message", seq=1
        )
        question = make.QuestionFactory(
            webinar=webinar,
            user=subject,
            asker_name=subject.display_name,
            body=f"{CLIENT} question",
            status="pending",
            seq=1,
            changed_seq=1,
        )
        ChatRoom.objects.create(webinar=webinar, last_seq=1)
        QuestionRoom.objects.create(webinar=webinar, last_seq=1, last_changed_seq=1)
        if webinar.pk == live.pk:
            rows |= {
                "webinars.registration": registration,
                "presence.usersession": session,
                "stats.accesslog": log,
                "webinars.message": message,
                "webinars.question": question,
            }
        rows[f"question of {webinar.slug}"] = question
        rows[f"message of {webinar.slug}"] = message
    PresenceFactory(webinar=live, user=subject, last_seen_at=timezone.now() + timedelta(days=1))  # for slow machines

    rows["webinars.allowedemail"] = make.AllowedEmailFactory(webinar=live, email=f"allowed-{PERSON}@example.test")
    imported = AllowedEmailImport.objects.create(
        webinar=live, client=client, agency=agency, at=timezone.now(), source="paste"
    )
    AllowedEmailLine.objects.create(
        of=imported, line=1, outcome="rejected", problem="not_an_address", text=f"{PERSON}@"
    )
    rows["webinars.allowedemailimport"] = imported
    campaign = make.CampaignFactory(
        client=client, slug=f"{CLIENT}-campaign", title=f"{CLIENT} campaign", description=f"{CLIENT} text"
    )
    rows["webinars.campaign"] = campaign
    rows["hidden campaign"] = make.CampaignFactory(
        client=client, slug=f"{CLIENT}-hidden", title=f"{CLIENT} hidden", is_published=False
    )
    rows["webinars.campaignquestion"] = make.CampaignQuestionFactory(campaign=campaign, label=f"{CLIENT} asks")
    rows["webinars.campaignentry"] = make.CampaignEntryFactory(
        campaign=campaign,
        user=subject,
        phone="010-0000-0000",
        answers=[{"question": "1", "label": f"{CLIENT} asks", "answer": f"{PERSON} answers"}],
    )
    text = make.ConsentTextFactory(client=client, name=f"{CLIENT} consent", is_asked=False)
    version = make.ConsentVersionFactory(text=text, label=f"{CLIENT} label", body=f"{CLIENT} body")
    rows |= {"webinars.consenttext": text, "webinars.consentversion": version}
    rows["webinars.consentgiven"] = ConsentGiven.objects.create(
        version=version, user=subject, webinar=live, client=client, agency=agency, is_given=True
    )
    rows["webinars.invitation"] = make.InvitationFactory(
        agency=agency, client=client, email=f"invited-{PERSON}@example.test", role="viewer"
    )
    act = {"actor_id": subject.pk, "now": timezone.now(), "subject_type": "message", "subject_id": uuid.uuid4()}
    record("message.deleted", webinar=live, **act)
    rows["webinars.auditentry"] = AuditEntry.objects.filter(webinar_id=live.pk).latest("id")
    LogEntry.objects.create(
        user=world.people["client_owner"],
        content_type=ContentType.objects.get_for_model(Webinar),
        object_id=str(live.pk),
        object_repr=live.title,
        action_flag=CHANGE,
        change_message=f"{PERSON} was here",
    )
    seal_attendance(webinar=ended, now=timezone.now())


def rows_of_tenant_b(world: World) -> None:
    """What tenant B has under the same names, for ids that are put where they do not belong."""
    rows, client = world.foreign, world.foreign["webinars.client"]
    webinar = make.WebinarFactory(client=client, slug="rival-live", title="Rival live")
    subject = make.UserFactory(email="rivals.subject@example.test", display_name="Rivals subject")
    rows |= {
        "webinars.webinar": webinar,
        "webinars.user": subject,
        "webinars.registration": make.RegistrationFactory(webinar=webinar, user=subject),
        "webinars.message": make.MessageFactory(webinar=webinar, user=subject, seq=1),
        "webinars.question": make.QuestionFactory(webinar=webinar, user=subject, seq=1),
        "presence.usersession": SessionFactory(webinar=webinar, user=subject),
        "stats.accesslog": AccessLogFactory(webinar=webinar),
        "webinars.allowedemail": make.AllowedEmailFactory(webinar=webinar, email="rivals.allowed@example.test"),
        "webinars.campaign": make.CampaignFactory(client=client, slug="rival-campaign", title="Rival campaign"),
        "webinars.invitation": make.InvitationFactory(agency=client.agency, client=client, role="viewer"),
    }
    rows["webinars.campaignentry"] = make.CampaignEntryFactory(campaign=rows["webinars.campaign"], user=subject)
    rows["webinars.consenttext"] = make.ConsentTextFactory(client=client, is_asked=False)
    rows["webinars.consentversion"] = make.ConsentVersionFactory(text=rows["webinars.consenttext"])
    act = {"actor_id": subject.pk, "now": timezone.now(), "subject_type": "message", "subject_id": uuid.uuid4()}
    record("message.deleted", webinar=webinar, **act)
    rows["webinars.auditentry"] = AuditEntry.objects.filter(webinar_id=webinar.pk).latest("id")
    world.exports["rival", "live"] = ExportFactory(webinar=webinar, requested_by=world.people["rival_owner"])


def rows_of_nobody(world: World) -> None:
    """What super admins keep."""
    interval = IntervalSchedule.objects.create(every=7, period="days")
    world.rows |= {
        "django_celery_beat.intervalschedule": interval,
        "django_celery_beat.crontabschedule": CrontabSchedule.objects.create(minute="7"),
        "django_celery_beat.solarschedule": SolarSchedule.objects.create(event="sunset", latitude=1, longitude=1),
        "django_celery_beat.clockedschedule": ClockedSchedule.objects.create(clocked_time=timezone.now()),
        "django_celery_beat.periodictask": PeriodicTask.objects.create(name="x", task="x", interval=interval),
    }


def exports_of_everybody(world: World) -> list[str]:
    """A finished file that each person asked for when they still might: whether they may now is the question."""
    content = ContentFile(f"{CLIENT};{PERSON}".encode())
    kept = []
    for name, user in world.people.items():
        if user is None:
            continue
        file = private_storage().save(f"exports/matrix-{uuid.uuid4().hex}.csv", content)
        kept.append(file)
        world.exports[name, "live"] = ExportFactory(
            webinar=world.webinars["live"],
            requested_by=user,
            format="csv",
            state="done",
            finished_at=timezone.now(),
            size=content.size,
            file=file,
            file_name="attendance.csv",
        )
    return kept


def passes_of_everybody(world: World) -> None:
    """As each one's page has it, if there is one: of who is banned or removed, it is from the time before; tenant B's
    people have one of their own webinar."""
    now = timezone.now()
    for name, user in world.people.items():
        guest_id = "guest-" + "a" * 32 if name == "guest" else None
        if user is None and guest_id is None:
            continue
        for state, webinar in world.webinars.items():
            at = world.foreign["webinars.webinar"] if name in OUTSIDERS else webinar
            found = webinar_and_person(
                str(at.pk), user_id=user.pk if user else None, guest_id=guest_id, proven=name != "unproven"
            )
            assert found is not None
            access = decide_access(webinar=found[0], person=found[1], now=now)
            if not access.allowed and name in ("banned", "removed"):
                access = Access(True, Reason.OK, RoomRole.ATTENDEE)
            if access.allowed:
                with override_settings(LIVE_PASS_LIFE_SECONDS=86_400):  # however slow the machine
                    issued = issue_pass(webinar=found[0], access=access, person=found[1], now=now)
                world.passes[name, state] = issued.token
