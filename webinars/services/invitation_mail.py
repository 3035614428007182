"""The mail of an invitation (spec 13). It is sent while the inviter waits, so that they learn what could not be; the
wait has an end, whatever the mail server does."""

import logging
import smtplib
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format

from webinars.models import Invitation

logger = logging.getLogger(__name__)

# All mails of one request together; one alone gives up after EMAIL_TIMEOUT.
LONGEST_SECONDS = 20
# What concerns one mail only; after anything else the server is left alone.
ONE_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError)


@dataclass(frozen=True)
class Letter:
    """An invitation on its way: `link` is the whole address."""

    invitation: Invitation
    link: str


def send_letters(letters: Iterable[Letter], *, language: str) -> set[uuid.UUID]:
    """Which invitations could be mailed. Never raises for the mail server's sake."""
    messages = {letter.invitation.pk: message_of(letter, language=language) for letter in letters}
    sent: set[uuid.UUID] = set()
    if not messages:
        return sent
    connection = get_connection()
    end = time.monotonic() + LONGEST_SECONDS
    try:
        connection.open()
        for key, message in messages.items():
            if time.monotonic() < end and _sent(connection, message):
                sent.add(key)
    except (smtplib.SMTPException, OSError) as error:
        logger.error("invitations could not be mailed (%s)", type(error).__name__)
    finally:
        _close(connection)
    return sent


def _sent(connection: Any, message: EmailMessage) -> bool:
    try:
        return bool(connection.send_messages([message]))
    except ONE_MAIL as error:
        logger.warning("an invitation could not be mailed (%s)", type(error).__name__)
        return False


def _close(connection: Any) -> None:
    try:
        connection.close()
    except (smtplib.SMTPException, OSError):
        logger.warning("the mail server did not say goodbye")


def message_of(letter: Letter, *, language: str) -> EmailMessage:
    invitation = letter.invitation
    inviter = invitation.invited_by
    assert inviter is not None
    with translation.override(language):
        until = timezone.localtime(invitation.expires_at)
        context = {
            "inviter": one_line(inviter.display_name) or inviter.email,
            "inviter_email": inviter.email if inviter.display_name else "",
            "tenant": one_line(invitation.tenant.name),
            "role": invitation.get_role_display(),
            "link": letter.link,
            "until": f"{date_format(until, 'DATETIME_FORMAT')} ({until:%Z})",
        }
        subject = one_line(render_to_string("webinars/email/invitation_subject.txt", context))
        body = render_to_string("webinars/email/invitation_message.txt", context)
    headers = {"Auto-Submitted": "auto-generated"}
    return EmailMessage(subject=subject, body=body, to=[invitation.email], headers=headers)


def one_line(text: str) -> str:
    """Names are people's own words, and a mail's subject has one line."""
    return " ".join(text.split())
