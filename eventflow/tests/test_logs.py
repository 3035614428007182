"""What the log says of a request, and what it does not (spec 18)."""

import json

import pytest
import structlog


@pytest.mark.django_db
def test_a_request_leaves_no_personal_data_in_the_log(call, webinar, attendee, caplog):
    caller = call(webinar, attendee)
    caller.browser.force_login(attendee)

    with caplog.at_level("INFO", logger="django_structlog"):
        caller.post("messages", {"body": "only for the room", "client_id": "client-1"}, REMOTE_ADDR="192.0.2.7")

    text = json.dumps([str(record.msg) for record in caplog.records])
    assert "request_finished" in text
    for secret in (caller.token, "192.0.2.7", attendee.email, str(attendee.pk), "only for the room"):
        assert secret not in text
    structlog.contextvars.clear_contextvars()
