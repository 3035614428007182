"""A seal that was tampered with, alone or with its chain (spec 7, Sealing)."""

import pytest
from django.utils import translation

from stats.selectors.verification import verify
from stats.services.sealing import seal_attendance
from stats.tests.evidence import CLOSED, SealedEvidence, differences, ended, tamper, tampering

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def case():
    return SealedEvidence()


SEALED = {
    "session_count": "session_count + 1",
    "first_entered": "first_entered + interval '1 microsecond'",
    "last_exited": "last_exited + interval '1 microsecond'",
    "connected_seconds": "connected_seconds + 1",
    "unique_seconds": "unique_seconds - 1",
    "visible_seconds": "visible_seconds + 1",
    "overlap_seconds": "overlap_seconds + 1",
    "uncertainty_seconds": "uncertainty_seconds + 1",
    "attendance_percent": "attendance_percent + 0.1",
    "present_ranges": "'{}'",
    "visible_ranges": "'{}'",
}


@pytest.mark.parametrize("column", SEALED)
def test_changed_sealed_figures_are_named(case, column):
    tamper(
        f"UPDATE sealed_attendance SET {column} = {SEALED[column]} WHERE seal_id = %s AND user_id = %s",
        case.seal.pk,
        case.ana.pk,
    )

    first, *rest = column.removesuffix("_ranges").split("_")
    assert differences(case) == {"seal": "stored_sha256", "Ana": first + "".join(map(str.title, rest))}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("sessions_digest = repeat('0', 64)", {"seal": "stored_sha256", "Ana": "sessions"}),
        ("identity_digest = repeat('0', 64)", {"seal": "stored_sha256", "Ana": "identity"}),
        ("identity_salt = repeat('0', 64)", {"Ana": "identity"}),
        ("display_name = 'Eve'", {"Eve": "identity"}),
        ("email = 'eve@example.com'", {"Ana": "identity"}),
        ("row = 99", {"seal": "stored_sha256"}),
        ("seal_id = gen_random_uuid()", {"seal": "stored_sha256 row_count", "Ana": "additional_person"}),
        ("user_id = NULL", {"Ana": "identity unnamed"}),
        ("user_id = NULL, display_name = '', email = '', identity_salt = ''", {"Ana": "unnamed"}),
    ],
)
def test_changed_sealed_rows_are_named(case, change, expected):
    with tampering() as cursor:
        cursor.execute(
            f"UPDATE sealed_attendance SET {change} WHERE seal_id = %s AND user_id = %s", [case.seal.pk, case.ana.pk]
        )

    assert differences(case) == expected


def test_a_row_that_was_emptied_of_a_living_person_names_them(case):
    """As erasing would, which the database allows."""
    case.seal.rows.filter(user=case.ana).update(user=None, display_name="", email="", identity_salt="")

    (difference,) = verify(case.webinar, now=CLOSED).differences

    assert (difference.kind, difference.user_id, difference.display_name, difference.email) == (
        "unnamed",
        case.ana.pk,
        "Ana",
        "ana@example.com",
    )


def test_parts_of_an_identity_do_not_run_into_each_other(case):
    """Before the name began with what the address ends with now."""
    case.ana.email, case.ana.display_name = "ana@example.com", "|Ana"
    case.ana.save()
    seal = seal_attendance(webinar=case.webinar, now=CLOSED, author=case.ben, reason="A new name.")
    tamper("UPDATE sealed_attendance SET email = 'ana@example.com|', display_name = 'Ana'"
        " WHERE seal_id = %s AND user_id = %s", seal.pk, case.ana.pk)  # fmt: skip

    assert differences(case) == {"Ana": "identity"}


def test_another_person_in_a_row_is_named(case):
    tamper("UPDATE sealed_attendance SET user_id = %s WHERE seal_id = %s AND user_id = %s",
        case.cho.pk, case.seal.pk, case.ana.pk)  # fmt: skip

    assert differences(case) == {"Ana": "identity missing_person additional_person"}


def test_swapped_rows_are_named(case):
    """The names of two rows changed places, salts and all."""
    identity = "user_id, display_name, email, identity_salt"
    with tampering() as cursor:
        cursor.execute(
            f"""UPDATE sealed_attendance s SET ({identity}) = (
                    SELECT {identity} FROM sealed_attendance o WHERE o.seal_id = s.seal_id AND o.user_id = CASE
                        WHEN s.user_id = %(ana)s THEN %(ben)s::uuid ELSE %(ana)s::uuid END)
                WHERE seal_id = %(seal)s AND user_id IN (%(ana)s, %(ben)s)""",
            {"ana": case.ana.pk, "ben": case.ben.pk, "seal": case.seal.pk},
        )

    named = differences(case)

    assert {who: words.split()[0] for who, words in named.items()} == {"Ana": "identity", "Ben": "identity"}
    assert "uniqueSeconds" in named["Ana"]
    assert "uniqueSeconds" in named["Ben"]


def test_deleted_and_added_rows_are_named(case):
    tamper("DELETE FROM sealed_attendance WHERE seal_id = %s AND user_id = %s", case.seal.pk, case.ben.pk)

    assert differences(case) == {"seal": "stored_sha256 row_count", "Ben": "additional_person"}


HEADER = {
    "sealed_at": "sealed_at + interval '1 second'",
    "author_id": "gen_random_uuid()",
    "reason": "'because'",
    "window_start": "window_start - interval '1 second'",
    "window_end": "window_end + interval '1 second'",
    "intervals": """'{"ping": 1, "stale": 300, "track": 300}'""",
    "definitions_version": "2",
    "definitions": "'{}'",
    "software_version": "'9.9.9'",
    "people_count": "4",
    "totals": "jsonb_set(totals, '{people,attended}', '4')",
    "version": "2, reason = 'because', author_id = gen_random_uuid()",
    "client_id": "gen_random_uuid()",
    "previous_sha256": "repeat('0', 64)",
    "sha256": "repeat('0', 64)",
    "position": "9",
}


@pytest.mark.parametrize("column", HEADER)
def test_changed_headers_are_named(case, column):
    tamper(f"UPDATE attendance_seals SET {column} = {HEADER[column]} WHERE id = %s", case.seal.pk)

    assert differences(case)["seal"].split()[0] == "stored_sha256"


def test_a_forged_seal_breaks_the_chain(case):
    """Figures changed, and the hash made to fit: what follows still names the true one."""
    tamper("UPDATE sealed_attendance SET connected_seconds = 3599 WHERE seal_id = %s AND user_id = %s",
        case.seal.pk, case.ana.pk)  # fmt: skip
    forged = verify(case.webinar, now=CLOSED).differences[0].now
    tamper("UPDATE attendance_seals SET sha256 = %s WHERE id = %s", forged, case.seal.pk)

    assert differences(case) == {"seal": "chain_link", "Ana": "connectedSeconds"}
    assert differences(case, sha256=case.seal.sha256)["seal"] == "expected_sha256 chain_link"


def test_a_hash_that_was_written_down(case):
    assert differences(case, sha256=f" {case.seal.sha256.upper()} ") == {}


def test_a_deleted_seal_in_the_middle_of_the_chain_is_named(case):
    with tampering() as cursor:
        cursor.execute("DELETE FROM attendance_seals WHERE id = %s", [case.seal.pk])

    differences = verify(case.after.webinar, now=CLOSED).differences

    title = case.after.webinar.title
    assert [(one.kind, one.what, one.sealed, one.now) for one in differences] == [
        ("chain_hole", f"Seals are missing from the client's chain before “{title}” (version 1).", 2, 3)
    ]


def test_the_first_seal_of_the_chain_is_missed_too(case):
    with tampering() as cursor:
        cursor.execute("DELETE FROM attendance_seals WHERE id = %s", [case.before.pk])

    assert differences(case) == {"seal": "chain_hole"}


def test_a_neighbour_that_was_changed_is_named(case):
    tamper("UPDATE sealed_attendance SET visible_seconds = 1 WHERE seal_id = %s", case.before.pk)

    assert differences(case) == {"seal": "chain_sha256"}


def test_other_clients_have_chains_of_their_own(case):
    elsewhere = seal_attendance(webinar=ended(), now=CLOSED)

    assert (elsewhere.position, elsewhere.previous_sha256) == (1, "")
    assert verify(elsewhere.webinar, now=CLOSED).matches
