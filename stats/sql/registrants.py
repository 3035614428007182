"""Who registered, and who of them came (spec 7, Reconciliation)."""

from typing import Any, NamedTuple

from django.db import connection

from presence.sql.ledger import PAGES

ATTENDED_OF_LEDGER = f"{PAGES}, attended AS (SELECT DISTINCT user_id FROM pages WHERE begins IS NOT NULL)"
ATTENDED_OF_SEAL = """attended AS (
    SELECT s.user_id FROM sealed_attendance s WHERE s.seal_id = %(seal_id)s AND s.session_count > 0
)"""


def _by_source(attended: str) -> str:
    return f"""
WITH {attended}
SELECT r.source, count(r.user_id)::int, count(attended.user_id)::int, count(r.banned_at)::int,
       (SELECT count(*) FROM attended)::int
FROM registrations r LEFT JOIN attended USING (user_id)
WHERE r.webinar_id = %(webinar_id)s
GROUP BY ROLLUP (r.source)
ORDER BY GROUPING(r.source) DESC, 2 DESC, 1"""


# The first row is of all sources together, and is there also when nobody registered.
# ORM equivalent: Registration.objects.filter(webinar=…).annotate(Exists(UserSession…)).values("source")
# .annotate(Count…), where a session counts by what Exists cannot say: its counted end.
# Index: registration_unique, session_of_person, or sealed_attendance_pkey. Cost: one read of both.
BY_SOURCE_OF_LEDGER = _by_source(ATTENDED_OF_LEDGER)
BY_SOURCE_OF_SEAL = _by_source(ATTENDED_OF_SEAL)


class Registrants(NamedTuple):
    """`everybody` who attended, registered or not, is the same in each row."""

    source: str | None
    registered: int
    attended: int
    banned: int
    everybody: int


def registrants(params: dict[str, Any], *, sealed: bool) -> list[Registrants]:
    with connection.cursor() as cursor:
        cursor.execute(BY_SOURCE_OF_SEAL if sealed else BY_SOURCE_OF_LEDGER, params)
        return [Registrants(*row) for row in cursor.fetchall()]
