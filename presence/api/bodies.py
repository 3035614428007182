"""What pages send (spec 5)."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

SESSION_ID = re.compile(r"[A-Za-z0-9_-]{8,100}")


class SessionIdField(serializers.CharField):
    """A page's own id: a UUID, or the older `session_<ms>_<random>`."""

    default_error_messages = {"session_id": _("A session id has 8 to 100 letters, digits, hyphens and underscores.")}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or SESSION_ID.fullmatch(data) is None:
            self.fail("session_id")
        return data


class TrackBody(serializers.Serializer[Any]):
    session_id = SessionIdField()
    referrer = serializers.CharField(required=False, allow_blank=True, allow_null=True, default="")

    def to_internal_value(self, data: Any) -> Any:
        """Referrers are of any length; what does not fit is cut off rather than refused."""
        values = super().to_internal_value(data)
        values["referrer"] = (values["referrer"] or "")[:500]
        return values


LONGEST_UNTOLD_SECONDS = 86_400.0
UNTOLD_HELP = (
    "How long ago the page came in front or went behind, when it could not be said then. It marks that stretch as not "
    "sure, and adds no time."
)


class ViewState(serializers.Serializer[Any]):
    is_visible = serializers.BooleanField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False, allow_null=True)
    changed_seconds_ago = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=LONGEST_UNTOLD_SECONDS, help_text=UNTOLD_HELP
    )


class PingBody(serializers.Serializer[Any]):
    """For the description only: pings are read by `read_ping`, at a tenth of the cost."""

    session_id = SessionIdField(required=False, allow_null=True)
    session_key = SessionIdField(required=False, allow_null=True, help_text="Older name of session_id.")
    view_state = ViewState(required=False, allow_null=True)


class ExitBody(serializers.Serializer[Any]):
    session_id = SessionIdField()
    changed_seconds_ago = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=LONGEST_UNTOLD_SECONDS, help_text=UNTOLD_HELP
    )
    token = serializers.CharField(
        required=False, help_text="The live pass, for sendBeacon, which cannot send headers."
    )


class Ping(NamedTuple):
    """What a ping says: of which page, whether it is in front, and for how long that could not be said."""

    session_id: str | None = None
    is_visible: bool | None = None
    untold: timedelta = timedelta()


def read_ping(request: Request) -> Ping:
    """Every part may be missing. 400 when they are not what they should be."""
    if request.META.get("CONTENT_LENGTH") in (None, "", "0"):
        return Ping()
    data = request.data
    if not isinstance(data, dict):
        raise serializers.ValidationError({"body": [_("Send a JSON object.")]})
    session_id = data.get("session_id")
    if session_id is None:
        session_id = data.get("session_key")
    if session_id is not None and (not isinstance(session_id, str) or SESSION_ID.fullmatch(session_id) is None):
        raise serializers.ValidationError({"session_id": [SessionIdField.default_error_messages["session_id"]]})
    view_state = data.get("view_state")
    if view_state is None:
        return Ping(session_id)
    return Ping(session_id, _visibility(view_state), _untold(view_state))


def _visibility(view_state: Any) -> bool | None:
    is_object = isinstance(view_state, Mapping)
    is_visible = view_state.get("is_visible") if is_object else None
    if not is_object or (is_visible is not None and not isinstance(is_visible, bool)):
        raise serializers.ValidationError({"view_state": [_("Send an object with is_visible: true or false.")]})
    return is_visible


def _untold(view_state: Mapping[str, Any]) -> timedelta:
    seconds = view_state.get("changed_seconds_ago")
    if seconds is None:
        return timedelta()
    if type(seconds) not in (int, float) or not 0 <= seconds <= LONGEST_UNTOLD_SECONDS:
        message = _("changed_seconds_ago is a number of seconds, 0 to 86400.")
        raise serializers.ValidationError({"view_state": [message]})
    return timedelta(seconds=seconds)
