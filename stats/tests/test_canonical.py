"""The canonical export, and the twenty lines with which anybody can check it (docs/sealing.md)."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import translation

from presence.sql.ledger import frame_of
from stats import canonical
from stats.services.sealing import seal_attendance
from stats.tests.evidence import CLOSED, Evidence, ended

pytestmark = pytest.mark.django_db

SNIPPET = re.search(r"```python\n(.*?)```", (Path(settings.BASE_DIR) / "docs/sealing.md").read_text(), re.S).group(1)


@pytest.fixture
def sealed():
    evidence = Evidence()
    evidence.seal = seal_attendance(webinar=evidence.webinar, now=CLOSED)
    return evidence


def lines(seal):
    return [json.loads(line) for line in canonical.export(seal)]


def test_the_header_and_the_rows(sealed):
    header, ana, *others = sorted(
        lines(sealed.seal), key=lambda line: line.get("connectedSeconds", 10**6), reverse=True
    )

    assert header == {
        "format": "eventflow-attendance-1",
        "seal": str(sealed.seal.pk),
        "webinar": str(sealed.webinar.pk),
        "client": str(sealed.webinar.client_id),
        "version": 1,
        "sealedAt": "2026-03-02T06:30:00.000000Z",
        "author": None,
        "reason": "",
        "windowStart": "2026-03-02T05:00:00.000000Z",
        "windowEnd": "2026-03-02T06:00:00.000000Z",
        "intervals": {
            name: length.total_seconds()
            for name, length in frame_of(sealed.webinar, now=CLOSED)._asdict().items()
            if name in ("stale", "ping", "track")
        },
        "definitionsVersion": 1,
        "definitions": canonical.english_definitions(),
        "softwareVersion": "0.1.0",
        "peopleCount": 3,
        "totals": {
            **sealed.seal.totals,
            "people": {
                "people": 3,
                "attended": 2,
                "connectedSeconds": 5700,
                "uniqueSeconds": 5100,
                "visibleSeconds": 5100,
                "overlapSeconds": 600,
                "uncertaintySeconds": 300 + sealed.seal.intervals["ping"],
                "averageUniqueSeconds": "2550.0",
                "averageAttendancePercent": "70.8",
            },
        },
        "position": 1,
        "previousSha256": "",
    }
    assert {**ana, "row": 0, "identityDigest": "", "sessionsDigest": ""} == {
        "row": 0,
        "identityDigest": "",
        "sessionCount": 2,
        "firstEntered": "2026-03-02T05:00:00.000000Z",
        "lastExited": "2026-03-02T05:50:00.000000Z",
        "connectedSeconds": 3600,
        "uniqueSeconds": 3000,
        "visibleSeconds": 3000,
        "overlapSeconds": 600,
        "uncertaintySeconds": 300,
        "attendancePercent": "83.3",
        "present": [["2026-03-02T05:00:00.000000Z", "2026-03-02T05:50:00.000000Z"]],
        "visible": [["2026-03-02T05:00:00.000000Z", "2026-03-02T05:50:00.000000Z"]],
        "sessionsDigest": "",
    }
    assert [row["connectedSeconds"] for row in others] == [2100, 0]


def test_lines_are_utf8_with_sorted_keys_and_no_spaces(sealed):
    reason = "시간을 고쳤어요 “/\\"
    seal = seal_attendance(webinar=sealed.webinar, now=CLOSED + timedelta(hours=1), reason=reason, author=sealed.ana)

    exported = [*canonical.export(seal)]

    for line in exported:
        compact = json.dumps(json.loads(line), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert line == compact.encode() + b"\n"
    assert reason.encode()[:20] in exported[0]
    assert [json.loads(line)["row"] for line in exported[1:]] == [1, 2, 3]


def test_rows_are_numbered_by_the_persons_id(sealed):
    people = sorted([sealed.ana, sealed.ben, sealed.dan], key=lambda user: user.pk)

    assert [row["userId"] for row in map(json.loads, canonical.identities(sealed.seal))] == [
        str(user.pk) for user in people
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_definitions_are_sealed_in_english(language):
    with translation.override(language):
        seal = seal_attendance(webinar=ended(), now=CLOSED)

    assert seal.definitions["uniqueSeconds"] == (
        "The time in which at least one of the person's pages was open. Two pages side by side count once."
    )


@pytest.mark.parametrize(("zone", "style"), [("Asia/Seoul", "ISO, DMY"), ("America/New_York", "ISO, MDY")])
def test_the_connections_zone_changes_nothing(zone, style):
    evidence = Evidence()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, false), set_config('DateStyle', %s, false)", [zone, style])
    try:
        abroad = seal_attendance(webinar=evidence.webinar, now=CLOSED)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'")
    home = seal_attendance(webinar=evidence.webinar, now=CLOSED, reason="Once more.", author=evidence.ana)

    rows = [[{**row, "identityDigest": ""} for row in lines(seal)[1:]] for seal in (abroad, home)]
    assert rows[0] == rows[1]
    assert abroad.totals == home.totals


def test_an_empty_webinar_is_a_header_alone():
    seal = seal_attendance(webinar=ended(), now=CLOSED)

    assert [line["peopleCount"] for line in lines(seal)] == [0]
    assert canonical.sha256_of(seal) == seal.sha256


def check(folder, sha256, *more):
    """Runs the text of the documentation as somebody would who has nothing of ours."""
    program = folder / "check_seal.py"
    program.write_text(SNIPPET)
    return subprocess.run(
        [sys.executable, "-I", str(program), sha256, *map(str, more)], capture_output=True, text=True, check=False
    )


@pytest.fixture
def files(sealed, tmp_path):
    paths = tmp_path / "seal.jsonl", tmp_path / "people.jsonl"
    call_command("verify_attendance", sealed.webinar.slug, canonical=paths[0], identities=paths[1])
    return paths


def test_a_third_party_recomputes_the_hash_and_the_names(sealed, files, tmp_path):
    done = check(tmp_path, sealed.seal.sha256, *files)

    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "3 people, version 1 of 2026-03-02T06:30:00.000000Z: genuine\n3 of 3 identities are theirs\n",
        "",
    )


def test_a_third_party_finds_a_changed_figure(sealed, files, tmp_path):
    files[0].write_bytes(files[0].read_bytes().replace(b'"connectedSeconds":3600', b'"connectedSeconds":3599'))

    done = check(tmp_path, sealed.seal.sha256, *files)

    assert done.returncode == 1
    assert "not what was sealed" in done.stderr


def test_a_third_party_finds_a_changed_name(sealed, files, tmp_path):
    files[1].write_bytes(files[1].read_bytes().replace(b"ana@example.com", b"eve@example.com"))

    done = check(tmp_path, sealed.seal.sha256, *files)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "2 of 3 identities are theirs")
