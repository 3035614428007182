"""What pages send (spec 5)."""

import re
from collections.abc import Mapping
from typing import Any

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


class ViewState(serializers.Serializer[Any]):
    is_visible = serializers.BooleanField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False, allow_null=True)


class PingBody(serializers.Serializer[Any]):
    """For the description only: pings are read by `read_ping`, at a tenth of the cost."""

    session_id = SessionIdField(required=False, allow_null=True)
    session_key = SessionIdField(required=False, allow_null=True, help_text="Older name of session_id.")
    view_state = ViewState(required=False, allow_null=True)


class ExitBody(serializers.Serializer[Any]):
    session_id = SessionIdField()
    token = serializers.CharField(
        required=False, help_text="The live pass, for sendBeacon, which cannot send headers."
    )


def read_ping(request: Request) -> tuple[str | None, bool | None]:
    """(session id, is the page in front) of a ping; both may be missing. 400 when they are not what they should be."""
    if request.META.get("CONTENT_LENGTH") in (None, "", "0"):
        return None, None
    data = request.data
    if not isinstance(data, dict):
        raise serializers.ValidationError({"body": [_("Send a JSON object.")]})
    session_id = data.get("session_id")
    if session_id is None:
        session_id = data.get("session_key")
    if session_id is not None and (not isinstance(session_id, str) or SESSION_ID.fullmatch(session_id) is None):
        raise serializers.ValidationError({"session_id": [SessionIdField.default_error_messages["session_id"]]})
    return session_id, _visibility(data.get("view_state"))


def _visibility(view_state: Any) -> bool | None:
    if view_state is None:
        return None
    is_visible = view_state.get("is_visible") if isinstance(view_state, Mapping) else view_state
    if is_visible is not None and not isinstance(is_visible, bool):
        raise serializers.ValidationError({"view_state": [_("Send an object with is_visible: true or false.")]})
    return is_visible
