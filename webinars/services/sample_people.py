"""People who do not exist, registered in a webinar, with passes: for the demo and for load tools."""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from webinars.models import Registration, User, Webinar
from webinars.selectors.access import Access, Person, Reason, RoomRole
from webinars.services.live_pass import issue_pass

DOMAIN = "sample.eventflow.example"
FAMILY_NAMES = "김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 홍".split()
GIVEN_NAMES = (
    "민준 서연 도윤 지우 하준 서윤 시우 하은 지호 수아 주원 지아 예준 윤서 건우 채원 현우 "
    "다은 우진 예린 선우 소율 연우 지민 유준 하린 정우 은서 승우 시은 승현 유나 준혁 가은 지훈 "
    "예나 동현 민서 성민 수빈 재윤 나연 태현 혜진 상훈 미영 영호 경희 진수 은정"
).split()


@dataclass(frozen=True)
class SamplePass:
    user_id: uuid.UUID
    session_id: str
    token: str


def sample_name(number: int, *, group: str) -> str:
    """The same Korean name for the same number, so that a repeated run finds the same person."""
    chance = random.Random(f"{group} {number}")
    # The first family names are by far the most common ones.
    family = FAMILY_NAMES[min(int(chance.expovariate(0.22)), len(FAMILY_NAMES) - 1)]
    return family + chance.choice(GIVEN_NAMES)


def sample_email(number: int, *, group: str) -> str:
    return f"{group}-{number:05d}@{DOMAIN}"


def make_sample_people(*, count: int, group: str, now: datetime) -> list[User]:
    """The first `count` people of a group, made where they are missing. They have no password and no mailbox."""
    emails = [sample_email(number, group=group) for number in range(1, count + 1)]
    known = {user.email: user for user in User.objects.filter(email__in=emails)}
    missing = [
        User(email=email, display_name=sample_name(number, group=group), password="!", date_joined=now)
        for number, email in enumerate(emails, start=1)
        if email not in known
    ]
    made = User.objects.bulk_create(missing, batch_size=1000)
    known |= {user.email: user for user in made}
    return [known[email] for email in emails]


def issue_sample_passes(*, webinar: Webinar, count: int, group: str, now: datetime) -> list[SamplePass]:
    """Passes for `count` people of a group, registered in the webinar, in three statements for up to a thousand.

    The passes are what the live page would carry, whatever the webinar's policy: they are made here by whoever runs
    the server, not asked for at its doors.
    """
    with transaction.atomic():
        people = make_sample_people(count=count, group=group, now=now)
        Registration.objects.bulk_create(
            [
                Registration(
                    webinar=webinar, client_id=webinar.client_id, agency_id=webinar.agency_id, user=person,
                    source="sample", registered_at=now,
                )
                for person in people
            ],
            ignore_conflicts=True,
            batch_size=1000,
        )  # fmt: skip
    access = Access(True, Reason.OK, RoomRole.ATTENDEE)
    return [
        SamplePass(
            user_id=person.id,
            session_id=str(uuid.uuid4()),
            token=issue_pass(
                webinar=webinar,
                access=access,
                person=Person(user_id=person.id, name=person.display_name, registration_role="attendee"),
                now=now,
            ).token,
        )
        for person in people
    ]
