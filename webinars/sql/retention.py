"""What this app keeps no longer (spec 5, Retention): found, counted and deleted by the same conditions."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from eventflow.database import fetch_one

# Lists of who may enter webinars that are over. Locked rows are left to the run that holds them.
# ORM equivalent: AllowedEmail.objects.filter(webinar__…end…__lt=now - keep)[:n].delete().
# Index: allowed_email_unique. Cost: a scan of the webinars, n deletes.
OLD_ADDRESSES = """
    FROM webinar_allowed_emails a JOIN webinars w ON w.id = a.webinar_id
    WHERE coalesce(w.webinar_actual_end_time, w.webinar_scheduled_end_time)
          + make_interval(mins => w.post_window_minutes) < %(now)s - %(keep)s"""
COUNT_ADDRESSES = f"SELECT count(*) {OLD_ADDRESSES}"
DELETE_ADDRESSES = f"""
WITH old AS (
    SELECT a.id {OLD_ADDRESSES} LIMIT %(batch)s FOR UPDATE OF a SKIP LOCKED
), deleted AS (
    DELETE FROM webinar_allowed_emails a USING old WHERE a.id = old.id RETURNING 1
)
SELECT count(*) FROM deleted"""

# What imports said of lines, which repeats what stood in them; then the imports that say nothing any more.
# ORM equivalent: AllowedEmailLine.objects.filter(of__at__lt=now - keep)[:n].delete(), then the imports.
# Index: allowed_email_line_of_import. Cost: a scan of the imports, which are few because of this; n deletes.
OLD_LINES = "FROM webinar_allowed_email_lines l JOIN webinar_allowed_email_imports i ON i.id = l.of_id"
OLD_IMPORTS = "FROM webinar_allowed_email_imports i WHERE i.at < %(now)s - %(keep)s"
COUNT_REPORTS = f"SELECT count(*) {OLD_IMPORTS}"
DELETE_LINES = f"""
WITH old AS (
    SELECT l.id {OLD_LINES} WHERE i.at < %(now)s - %(keep)s LIMIT %(batch)s FOR UPDATE OF l SKIP LOCKED
), deleted AS (
    DELETE FROM webinar_allowed_email_lines l USING old WHERE l.id = old.id RETURNING 1
)
SELECT count(*) FROM deleted"""
DELETE_REPORTS = f"""
WITH old AS (
    SELECT i.id {OLD_IMPORTS} AND NOT EXISTS (SELECT FROM webinar_allowed_email_lines l WHERE l.of_id = i.id)
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM webinar_allowed_email_imports i USING old WHERE i.id = old.id RETURNING 1
)
SELECT count(*) FROM deleted"""

# Invitations that were accepted, taken back, or ran out.
# ORM equivalent: Invitation.objects.filter(Coalesce(accepted_at, revoked_at, expires_at) < now - keep)[:n].delete().
# Index: none: one scan of a small table a night. Cost: n deletes.
ENDED_INVITATIONS = """
    FROM client_invitations i
    WHERE coalesce(i.accepted_at, i.revoked_at, i.expires_at) < %(now)s - %(keep)s"""
COUNT_INVITATIONS = f"SELECT count(*) {ENDED_INVITATIONS}"
DELETE_INVITATIONS = f"""
WITH old AS (
    SELECT i.id {ENDED_INVITATIONS} LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM client_invitations i USING old WHERE i.id = old.id RETURNING 1
)
SELECT count(*) FROM deleted"""

# What people wrote when they registered, in a webinar or for the webinars of a campaign, when these are over; not who
# was registered. Whatever was changed since is kept as long from then.
# ORM equivalent: Registration.objects.filter(…end…__lt=now - keep).exclude(answers={})[:n].update(answers={}), and as
# much of CampaignEntry. Index: none: one scan of both tables a night. Cost: n updates.
IS_OVER = """coalesce(w.webinar_actual_end_time, w.webinar_scheduled_end_time)
          + make_interval(mins => w.post_window_minutes) < %(now)s - %(keep)s"""
OLD_ANSWERS = f"""
    FROM registrations r JOIN webinars w ON w.id = r.webinar_id
    WHERE r.answers <> '{{}}' AND r.updated_at < %(now)s - %(keep)s AND {IS_OVER}"""
OLD_ENTRIES = f"""
    FROM event_survey_entries e
    WHERE (e.phone <> '' OR e.answers <> '[]') AND e.updated_at < %(now)s - %(keep)s
      AND EXISTS (SELECT FROM webinars w WHERE w.registration_campaign_id = e.campaign_id)
      AND NOT EXISTS (
          SELECT FROM webinars w WHERE w.registration_campaign_id = e.campaign_id AND ({IS_OVER}) IS NOT TRUE
      )"""
COUNT_ANSWERS = f"SELECT (SELECT count(*) {OLD_ANSWERS}) + (SELECT count(*) {OLD_ENTRIES})"
BLANK_ANSWERS = f"""
WITH old AS (
    SELECT r.id {OLD_ANSWERS} LIMIT %(batch)s FOR UPDATE OF r SKIP LOCKED
), blanked AS (
    UPDATE registrations r SET answers = '{{}}', updated_at = %(now)s FROM old WHERE r.id = old.id RETURNING 1
)
SELECT count(*) FROM blanked"""
BLANK_ENTRIES = f"""
WITH old AS (
    SELECT e.id {OLD_ENTRIES} LIMIT %(batch)s FOR UPDATE OF e SKIP LOCKED
), blanked AS (
    UPDATE event_survey_entries e SET phone = '', answers = '[]', updated_at = %(now)s
    FROM old WHERE e.id = old.id RETURNING 1
)
SELECT count(*) FROM blanked"""

# Accounts that were found unused, with the addresses that nobody proved. Nothing else is deleted with them: whoever
# used one at this very instant makes the commit fail, and the account stays.
# ORM equivalent: User.objects.filter(pk__in=…).delete(), without its cascade. Index: users_pkey. Cost: n deletes.
DELETE_ACCOUNTS = (
    """DELETE FROM account_emailconfirmation c USING account_emailaddress e
       WHERE c.email_address_id = e.id AND e.user_id = ANY (%(people)s::uuid[])""",
    "DELETE FROM account_emailaddress WHERE user_id = ANY (%(people)s::uuid[])",
    "DELETE FROM users WHERE id = ANY (%(people)s::uuid[])",
)


def count_addresses(*, now: datetime) -> int:
    return _count(COUNT_ADDRESSES, now=now, keep=_days(settings.ALLOWED_EMAIL_RETENTION_DAYS))


def delete_addresses(*, now: datetime, batch: int) -> int:
    return _count(DELETE_ADDRESSES, now=now, keep=_days(settings.ALLOWED_EMAIL_RETENTION_DAYS), batch=batch)


def count_reports(*, now: datetime) -> int:
    return _count(COUNT_REPORTS, now=now, keep=_hours(settings.IMPORT_REPORT_RETENTION_HOURS))


def delete_report_lines(*, now: datetime, batch: int) -> int:
    return _count(DELETE_LINES, now=now, keep=_hours(settings.IMPORT_REPORT_RETENTION_HOURS), batch=batch)


def delete_reports(*, now: datetime, batch: int) -> int:
    return _count(DELETE_REPORTS, now=now, keep=_hours(settings.IMPORT_REPORT_RETENTION_HOURS), batch=batch)


def count_invitations(*, now: datetime) -> int:
    return _count(COUNT_INVITATIONS, now=now, keep=_days(settings.INVITATION_RETENTION_DAYS))


def delete_invitations(*, now: datetime, batch: int) -> int:
    return _count(DELETE_INVITATIONS, now=now, keep=_days(settings.INVITATION_RETENTION_DAYS), batch=batch)


def count_answers(*, now: datetime) -> int:
    if not settings.REGISTRATION_RETENTION_DAYS:
        return 0
    return _count(COUNT_ANSWERS, now=now, keep=_days(settings.REGISTRATION_RETENTION_DAYS))


def blank_answers(*, now: datetime, batch: int) -> int:
    return _blank(BLANK_ANSWERS, now=now, batch=batch)


def blank_entries(*, now: datetime, batch: int) -> int:
    return _blank(BLANK_ENTRIES, now=now, batch=batch)


def _blank(statement: str, *, now: datetime, batch: int) -> int:
    if not settings.REGISTRATION_RETENTION_DAYS:
        return 0
    return _count(statement, now=now, keep=_days(settings.REGISTRATION_RETENTION_DAYS), batch=batch)


def delete_accounts(people: Sequence[uuid.UUID]) -> int:
    """Within a transaction. How many there were."""
    with connection.cursor() as cursor:
        for statement in DELETE_ACCOUNTS:
            cursor.execute(statement, {"people": list(people)})
        return cursor.rowcount


def _days(days: int) -> timedelta:
    return timedelta(days=days)


def _hours(hours: int) -> timedelta:
    return timedelta(hours=hours)


def _count(statement: str, **params: object) -> int:
    row = fetch_one(statement, params)
    assert row is not None
    return int(row[0])
