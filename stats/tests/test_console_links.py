"""Every link of the console that a person is shown leads somewhere."""

import re

import pytest

from webinars.tests.console_people import people_around, sign_in

ANY_ROW = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.mark.parametrize("part", ["admin", "operator", "viewer", "client_operator"])
def test_no_link_leads_to_nothing(client, webinar, part):
    browser = sign_in(client, people_around(webinar)[part])
    waiting, seen, broken = ["/console/"], set(), []

    while waiting:
        path = waiting.pop()
        kind = ANY_ROW.sub("<id>", path)
        if kind in seen:
            continue
        seen.add(kind)
        answer = browser.get(path)
        if answer.status_code != 200:
            broken.append(path)
        elif answer["Content-Type"].startswith("text/html"):
            waiting += re.findall(r'href="(/console/[^"?#]*)', answer.content.decode())

    assert broken == []
    assert len(seen) > 10
