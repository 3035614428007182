"""A webinar's list of allowed addresses, set-wise (spec 3): up to 100,000 at a time."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from eventflow.database import fetch_all, fetch_one

# Whoever changes a list has it alone: two who insert the same addresses in another order would wait for each other.
# ORM equivalent: none. Index: none. Cost: a look-up in memory; gone with the transaction.
TAKE_LIST = "SELECT pg_try_advisory_xact_lock(hashtext('webinar_allowed_emails'), hashtext(%(webinar_id)s::text))"

# Puts a batch on the list, and notes each line that added nothing: its address was on the list before the import, or
# the import has it already. What was there when this import's first batch came has another `created_at`.
# ORM equivalent: AllowedEmail.objects.bulk_create(…, ignore_conflicts=True), then AllowedEmailLine's, then counts.
# Index: allowed_email_unique. Cost: 10 µs an address.
ADD_BATCH = """
WITH given AS (
    SELECT g.email, g.line, row_number() OVER (PARTITION BY g.email ORDER BY g.place) AS nth, g.place
    FROM unnest(%(emails)s::text[], %(lines)s::int[]) WITH ORDINALITY AS g (email, line, place)
), added AS (
    INSERT INTO webinar_allowed_emails (webinar_id, client_id, agency_id, email, created_at, updated_at)
    SELECT w.id, w.client_id, w.agency_id, g.email, %(at)s, %(at)s
    FROM webinars w CROSS JOIN given g WHERE w.id = %(webinar_id)s AND g.nth = 1
    ON CONFLICT (webinar_id, email) DO NOTHING
    RETURNING email
), left_over AS (
    SELECT g.line, g.email, g.place,
           CASE WHEN a.created_at <> %(at)s THEN 'known' ELSE 'repeated' END AS outcome
    FROM given g
    LEFT JOIN LATERAL (  -- limited, so that each is looked up: nobody reads the whole list for a batch
        SELECT a.created_at FROM webinar_allowed_emails a
        WHERE a.webinar_id = %(webinar_id)s AND a.email = g.email LIMIT 1
    ) a ON true
    WHERE NOT (g.nth = 1 AND EXISTS (SELECT FROM added WHERE added.email = g.email))
), noted AS (
    INSERT INTO webinar_allowed_email_lines (of_id, line, outcome, problem, text)
    SELECT %(import_id)s, line, outcome, '', left(email, 200) FROM left_over ORDER BY place
)
SELECT (SELECT count(*) FROM added), count(*) FILTER (WHERE outcome = 'known'),
       count(*) FILTER (WHERE outcome = 'repeated')
FROM left_over"""

# ORM equivalent: AllowedEmailLine.objects.bulk_create(…). Index: none. Cost: 5 µs a line.
NOTE_REJECTED = """
INSERT INTO webinar_allowed_email_lines (of_id, line, outcome, problem, text)
SELECT %(import_id)s, r.line, 'rejected', r.problem, r.text
FROM unnest(%(lines)s::int[], %(problems)s::text[], %(texts)s::text[]) AS r (line, problem, text)"""

# What one import added and later ones name too counts as added by the first of those: who takes back the one does not
# mean the others.
# ORM equivalent: AllowedEmail.objects.filter(email__in=later lines' texts).update(created_at=theirs).
# Index: allowed_email_line_of_import, allowed_email_unique. Cost: 10 µs a line that was known.
HAND_OVER = """
WITH later AS (
    SELECT l.text, min(i.at) AS at
    FROM webinar_allowed_email_imports i JOIN webinar_allowed_email_lines l ON l.of_id = i.id AND l.outcome = 'known'
    WHERE i.webinar_id = %(webinar_id)s AND i.at > %(added_at)s AND i.taken_back_at IS NULL
    GROUP BY l.text
)
UPDATE webinar_allowed_emails a SET created_at = later.at, updated_at = later.at FROM later
WHERE a.webinar_id = %(webinar_id)s AND a.created_at = %(added_at)s AND left(a.email, 200) = later.text"""

# Takes addresses off the list: the named ones, those of one import, or all.
# ORM equivalent: AllowedEmail.objects.filter(webinar=…, …).delete(), and which they were.
# Index: allowed_email_unique. Cost: 3 µs an address.
REMOVE = """
DELETE FROM webinar_allowed_emails a
WHERE a.webinar_id = %(webinar_id)s
  AND (%(emails)s::text[] IS NULL OR a.email = ANY (%(emails)s::text[]))
  AND (%(added_at)s::timestamptz IS NULL OR a.created_at = %(added_at)s)
RETURNING a.email"""

# Whom a list lets in and out: the attendees of an `email_auth` webinar. Members of its tenant come and go without it.
ATTENDEES = """
FROM webinars w
JOIN registrations r ON r.webinar_id = w.id AND r.role = 'attendee' AND r.banned_at IS NULL
JOIN users person ON person.id = r.user_id AND NOT person.is_superuser
WHERE w.id = %(webinar_id)s AND w.access_policy = 'email_auth'
  AND NOT EXISTS (SELECT FROM agency_members m WHERE m.agency_id = w.agency_id AND m.user_id = person.id)
  AND NOT EXISTS (SELECT FROM client_members m WHERE m.client_id = w.client_id AND m.user_id = person.id)"""
# Their addresses: the account's own, and those that they proved.
ADDRESSES = """
SELECT p.id, lower(p.email) FROM people p
UNION
SELECT p.id, lower(e.email) FROM people p JOIN account_emailaddress e ON e.user_id = p.id AND e.verified"""

# Whoever has one of these addresses.
# ORM equivalent: Registration.objects.filter(webinar=…, user__emailaddress__email__in=…), with their addresses.
# Index: user_email_unique, unique_verified_email, registration_unique. Cost: 10 µs an address.
OWNERS = f"""
WITH gone AS MATERIALIZED (
    SELECT o.id FROM unnest(%(emails)s::text[]) AS g (email) JOIN users o ON lower(o.email) = g.email
    UNION
    SELECT e.user_id FROM unnest(%(emails)s::text[]) AS g (email)
    JOIN account_emailaddress e ON e.email = g.email AND e.verified
), people AS MATERIALIZED (
    SELECT person.id, person.email {ATTENDEES} AND person.id IN (SELECT id FROM gone)
)
{ADDRESSES}"""

# ORM equivalent: as above, of these people, or of all. Index: registration_unique, users_pkey. Cost: 10 µs a person.
THESE = f"""
WITH people AS MATERIALIZED (
    SELECT person.id, person.email {ATTENDEES} AND (%(people)s::uuid[] IS NULL OR person.id = ANY (%(people)s::uuid[]))
)
{ADDRESSES}"""

# Asked for all at once: joined with the people, a list that was cleared a moment ago is read anew for each of them.
# ORM equivalent: AllowedEmail.objects.filter(webinar=…, email__in=…). Index: allowed_email_unique.
# Cost: 5 µs an address.
STILL_LISTED = """
SELECT a.email FROM webinar_allowed_emails a
WHERE a.webinar_id = %(webinar_id)s AND a.email = ANY (%(emails)s::text[])"""


class Counts(NamedTuple):
    added: int = 0
    known: int = 0
    repeated: int = 0


def take_list(webinar_id: uuid.UUID) -> bool:
    """Whether the list is ours until the transaction ends."""
    row = fetch_one(TAKE_LIST, {"webinar_id": webinar_id})
    return bool(row and row[0])


def add_batch(
    *, webinar_id: uuid.UUID, import_id: uuid.UUID, emails: Sequence[str], lines: Sequence[int], at: datetime
) -> Counts:
    params = {"webinar_id": webinar_id, "import_id": import_id, "emails": emails, "lines": lines, "at": at}
    row = fetch_one(ADD_BATCH, params)
    assert row is not None
    return Counts(*row)


def note_rejected(*, import_id: uuid.UUID, lines: list[int], problems: list[str], texts: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NOTE_REJECTED, {"import_id": import_id, "lines": lines, "problems": problems, "texts": texts})


def hand_over(*, webinar_id: uuid.UUID, added_at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(HAND_OVER, {"webinar_id": webinar_id, "added_at": added_at})


def remove(
    *, webinar_id: uuid.UUID, emails: Sequence[str] | None = None, added_at: datetime | None = None
) -> list[str]:
    """The addresses that were on the list and are no more. Without a condition, all of them."""
    rows = fetch_all(REMOVE, {"webinar_id": webinar_id, "emails": emails, "added_at": added_at})
    return [email for (email,) in rows]


def left_out(*, webinar_id: uuid.UUID, emails: Sequence[str]) -> list[uuid.UUID]:
    """Who came in by one of these addresses, and by no other that is still on the list."""
    owners = _addresses(OWNERS, webinar_id=webinar_id, emails=emails)
    return sorted(owners.keys() - _listed(webinar_id, owners))


def back_in(*, webinar_id: uuid.UUID, people: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    return sorted(_listed(webinar_id, _addresses(THESE, webinar_id=webinar_id, people=people)) if people else [])


def count_let_in(*, webinar_id: uuid.UUID) -> int:
    return len(_listed(webinar_id, _addresses(THESE, webinar_id=webinar_id, people=None)))


def _addresses(statement: str, **params: object) -> dict[uuid.UUID, list[str]]:
    found: dict[uuid.UUID, list[str]] = {}
    for person, email in fetch_all(statement, params):
        found.setdefault(person, []).append(email)
    return found


def _listed(webinar_id: uuid.UUID, owners: dict[uuid.UUID, list[str]]) -> set[uuid.UUID]:
    """Those of them who have an address on the list."""
    emails = [email for own in owners.values() for email in own]
    listed = {email for (email,) in fetch_all(STILL_LISTED, {"webinar_id": webinar_id, "emails": emails})}
    return {person for person, own in owners.items() if not listed.isdisjoint(own)}
