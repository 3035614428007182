"""Pages of one person that were open at the same time (spec 5, duplicate login)."""

from presence.sql.ledger import COUNTED_END

# Every pair of a session among `ids` and another one of the same person, with the time in which both were open. Ends
# are the ledger's, so what is shown here adds up to what is counted there; but nothing is clipped to the window.
# ORM equivalent: UserSession.objects.overlapping(now=…), once for each session, and the ends in Python.
# Index: session_of_person, once for each person. Cost: the square of one person's sessions, which are few.
SELECT_OVERLAPS = f"""
WITH counted AS (
    SELECT s.id, s.user_id, s.entered_at, {COUNTED_END} AS ends, s.exited_at IS NULL AS is_open,
           s.user_agent, s.ip_address
    FROM webinar_user_sessions s
    WHERE s.webinar_id = %(webinar_id)s AND s.user_id = ANY(%(user_ids)s)
), pairs AS (
    SELECT one.id AS session_id, other.id, other.entered_at, other.user_agent, host(other.ip_address) AS ip_address,
           greatest(one.entered_at, other.entered_at) AS began, least(one.ends, other.ends) AS ended,
           one.is_open AND other.is_open AS is_open
    FROM counted one JOIN counted other ON other.user_id = one.user_id AND other.id <> one.id
    WHERE one.id = ANY(%(ids)s)
)
SELECT session_id, id, entered_at, user_agent, ip_address, began, ended, is_open
FROM pairs WHERE ended > began ORDER BY session_id, began, id"""
