"""What has happened in the sample webinar's room by the time the demo starts: a chat, questions, and moderation."""

import uuid
from datetime import datetime, timedelta

from eventflow.demo import questions, texts
from webinars.models import ChatRoom, Message, Registration, User, Webinar
from webinars.services import audit
from webinars.services.sample_people import make_sample_people

PEOPLE = 14  # of the simulated attendees, so that whoever wrote is there
SILENCED_FOR = timedelta(hours=24)


def fill_live_room(webinar: Webinar, *, moderator: User, presenter: User, now: datetime) -> None:
    """Only into a room where nobody has written or asked anything."""
    for person, role in ((moderator, "moderator"), (presenter, "presenter")):
        register(webinar, person, role=role, now=now)
    if webinar.messages.exists() or webinar.questions.exists():
        return
    people = make_sample_people(count=PEOPLE, group="crowd", now=now)
    [advertiser] = make_sample_people(count=1, group="audience", now=now)
    for person in (*people, advertiser):
        register(webinar, person, role="attendee", now=now)
    write_chat(webinar, people=people, moderator=moderator, advertiser=advertiser, now=now)
    start = now - timedelta(minutes=12)
    questions.write_questions(webinar, questions.LIVE, askers=people, host=presenter, start=start)
    put_up_notice(webinar, moderator=moderator, now=now)


def register(webinar: Webinar, person: User, *, role: str, now: datetime) -> None:
    Registration.objects.get_or_create(
        webinar=webinar,
        user=person,
        defaults={
            "client_id": webinar.client_id,
            "agency_id": webinar.agency_id,
            "role": role,
            "registered_at": now,
        },
    )


def write_chat(webinar: Webinar, *, people: list[User], moderator: User, advertiser: User, now: datetime) -> None:
    """Ends a moment ago. One message was an advertisement: it was removed, and its author may not write for a day."""
    lines: list[tuple[User, str]] = [
        (people[index % len(people)], line) for index, line in enumerate(texts.LIVE_LINES)
    ]
    lines.insert(0, (moderator, texts.LIVE_WELCOME))
    lines.insert(len(lines) // 2, (advertiser, texts.LIVE_ADVERTISEMENT))
    moments = [now - timedelta(seconds=35 * (len(lines) - index)) for index in range(len(lines))]
    messages = [
        Message(
            webinar=webinar, client_id=webinar.client_id, agency_id=webinar.agency_id, user=author, seq=seq,
            client_message_id=str(uuid.uuid5(webinar.pk, f"message {seq}")), body=body,
            author_name=author.public_name, is_host=author == moderator,
        )
        for seq, (author, body) in enumerate(lines, start=1)
    ]  # fmt: skip
    [removed] = [message for message in messages if message.user == advertiser]
    removed.changed_seq = 1
    removed.deleted_at = moments[removed.seq - 1] + timedelta(seconds=20)
    removed.deleted_by = moderator
    Message.objects.bulk_create(messages)  # which puts the present into `created_at`
    for message, moment in zip(messages, moments, strict=True):
        message.created_at = moment
    Message.objects.bulk_update(messages, ["created_at"])
    ChatRoom.objects.update_or_create(webinar=webinar, defaults={"last_seq": len(messages), "last_changed_seq": 1})
    until = removed.deleted_at + SILENCED_FOR
    Registration.objects.filter(webinar=webinar, user=advertiser).update(muted_until=until)
    audit.record(
        "message.deleted", webinar=webinar, actor_id=moderator.pk, now=removed.deleted_at,
        subject_type="message", subject_id=removed.pk, details={"seq": removed.seq, "user_id": str(advertiser.pk)},
    )  # fmt: skip
    audit.record(
        "member.muted", webinar=webinar, actor_id=moderator.pk, now=removed.deleted_at,
        subject_type="person", subject_id=advertiser.pk, details={"until": until.isoformat()},
    )  # fmt: skip


def put_up_notice(webinar: Webinar, *, moderator: User, now: datetime) -> None:
    webinar.notice = texts.LIVE_NOTICE
    webinar.notice_author = moderator.public_name
    webinar.notice_set_at = now
    webinar.save(update_fields=["notice", "notice_author", "notice_set_at", "updated_at"])
    audit.record("notice.set", webinar=webinar, actor_id=moderator.pk, now=now)
