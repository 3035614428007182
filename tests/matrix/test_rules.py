"""What no row of the tables may say, whatever the code does."""

import re
from collections.abc import Iterator

from tests.matrix import table
from tests.matrix.test_accounts import ASKED as ACCOUNTS_ASKED
from tests.matrix.test_super_admins import ASKED as SUPER_ADMINS_ASKED
from tests.matrix.world import OUTSIDERS, PEOPLE

TABLES = {
    "pages": table.EVERYBODY,
    "api": table.EVERYBODY,
    "console": table.EVERYBODY,
    "actions": table.EVERYBODY,
    "sockets": table.EVERYBODY,
    "accounts": ACCOUNTS_ASKED,
    "super_admins": SUPER_ADMINS_ASKED,
}
VIEWERS = ("agency_viewer", "client_viewer")
STRANGERS = (*OUTSIDERS, "unregistered", "removed", "banned", "unproven", "guest", "anonymous")
# Everybody may know that a public webinar or campaign is there, and read and write in the room of an open one.
PUBLIC = re.compile(r"^\w+ (/|/webinars/<w>/.*|(/api)?/campaigns/<c>.*|/invitations/.*)( #|$)|, (open|typed)$")
# Where everybody may sit, and where a pass of before is good until it is renewed.
OPEN_ROOM = re.compile(r"^GET (/webinars/<w>/live/ # open|/api/webinars/<w>/(messages|stats/access) # pass, \w+)$")
# In a room, who writes is shown to whoever is in it.
ROOM = re.compile(r"^GET (/webinars/<w>/live/|/api/webinars/<w>/(messages|state|stats/access))( #|$)")


def cells() -> Iterator[tuple[str, str, str]]:
    for name, people in TABLES.items():
        for case, row in table.read(name, people).items():
            for person, code in row.items():
                yield case, person, code


def test_nothing_breaks() -> None:
    assert [cell for cell in cells() if cell[2].startswith("5")] == []


def test_people_of_another_tenant_see_and_change_nothing() -> None:
    found = [(case, who, code) for case, who, code in cells() if who in OUTSIDERS and not PUBLIC.search(case)]

    assert [cell for cell in found if re.search("[acp!]", cell[2].removeprefix("hello"))] == []


def test_people_are_shown_to_others_in_open_rooms_only() -> None:
    strangers = {*STRANGERS} - {"unproven"}  # who is let into a room all the same
    found = [(case, who, code) for case, who, code in cells() if who in strangers and not OPEN_ROOM.search(case)]

    assert [cell for cell in found if "p" in cell[2]] == []


def test_viewers_see_no_personal_data() -> None:
    found = [(case, who, code) for case, who, code in cells() if who in VIEWERS and not ROOM.search(case)]

    assert [cell for cell in found if "p" in cell[2]] == []


def test_only_members_have_a_console() -> None:
    attendees = set(PEOPLE) - {name for name in PEOPLE if re.match("super|agency|client|neighbour|rival", name)}
    found = [(case, who, code) for case, who, code in cells() if " /console/" in case and who in attendees]

    # Whoever signs out there without being signed in is led away.
    assert [cell for cell in found if cell[2] not in ("404", "in") and "/logout/" not in cell[0]] == []


def test_who_may_only_look_changes_nothing_in_the_console() -> None:
    lookers = (*VIEWERS, "agency_analyst", "client_analyst")
    found = [(case, who, code) for case, who, code in cells() if " /console/" in case and who in lookers]

    assert [cell for cell in found if "!" in cell[2]] == []


def test_nobody_without_a_part_writes_outside_of_open_rooms() -> None:
    found = [(case, who, code) for case, who, code in cells() if who in STRANGERS and not PUBLIC.search(case)]

    assert [cell for cell in found if "!" in cell[2]] == []
