"""Who entered a webinar by typing an address, where it asks for no proof (spec 3, `verify_email`). Nobody is signed
in: the session remembers whom the person is in that webinar, and in no other."""

import contextlib
import uuid

from django.http import HttpRequest

from webinars.selectors.unproven import may_go_unproven as may_go_unproven

SESSION_KEY = "unproven"
# The oldest are forgotten: a session is no place for a list without an end.
MOST_REMEMBERED = 50


def remember_unproven(request: HttpRequest, webinar_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """From now on this browser is that person in that webinar. The session gets a new key, so that one which somebody
    else planted before is worth nothing."""
    remembered = _remembered(request)
    remembered.pop(str(webinar_id), None)
    remembered[str(webinar_id)] = str(user_id)
    request.session[SESSION_KEY] = dict(list(remembered.items())[-MOST_REMEMBERED:])
    request.session.cycle_key()


def unproven_user_id(request: HttpRequest, webinar_id: uuid.UUID) -> uuid.UUID | None:
    with contextlib.suppress(ValueError):
        return uuid.UUID(str(_remembered(request).get(str(webinar_id))))
    return None


def remembers_any(request: HttpRequest) -> bool:
    return bool(_remembered(request))


def forget(request: HttpRequest, webinar_id: uuid.UUID) -> None:
    remembered = _remembered(request)
    if remembered.pop(str(webinar_id), None) is not None:
        request.session[SESSION_KEY] = remembered


def _remembered(request: HttpRequest) -> dict[str, str]:
    kept = request.session.get(SESSION_KEY)
    return dict(kept) if isinstance(kept, dict) else {}
