"""Attendance of 100,000 people as files: seconds and memory of the whole process, beside a bare workbook of as many
cells."""

import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from bench.findings import Finding
from bench.surroundings import ROOT, SERVER_CORE, on_cores
from webinars.models import Agency, Client, Webinar

PEOPLE = 100_000
SESSIONS = 150_000
MOST_SECONDS = 30
MOST_MEGABYTES = 150
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"

# Each program runs alone in its process, and says seconds, the most memory it had (KB), and the size of its file.
MEASURE = """
import os, resource, sys, time
def peak():
    try:
        with open("/proc/self/status") as status:  # getrusage counts what the parent had before it became this program
            return int(status.read().split("VmHWM:")[1].split()[0])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
begun = time.perf_counter()
make(sys.argv[1])
print(time.perf_counter() - begun, time.process_time(), peak(), os.path.getsize(sys.argv[1]))
"""
OURS = """
import django
from django.core.management import call_command
def make(path):
    django.setup()
    call_command("export_attendance", "exports", output=__import__("pathlib").Path(path), stdout=open(os.devnull, "w"))
"""
BARE = f"""
import xlsxwriter
def make(path):
    with xlsxwriter.Workbook(path, {{"constant_memory": True}}) as book:
        for rows, texts, numbers in (({PEOPLE}, 2, 10), ({SESSIONS}, 4, 5)):
            sheet = book.add_worksheet()
            for row in range(rows):
                for place in range(texts):
                    sheet.write_string(row, place, "Lee Seoyeon")
                for place in range(texts, texts + numbers):
                    sheet.write_number(row, place, 46083.4375)
"""

CROWD = """
WITH made AS (
    INSERT INTO users (id, email, display_name, password, is_superuser, is_staff, is_active, date_joined)
    SELECT gen_random_uuid(), 'export' || n || '@example.com', '참석자 ' || n, '!', false, false, true, %(start)s
    FROM generate_series(1, %(people)s) n RETURNING id
), numbered AS (
    SELECT id, row_number() OVER () AS n FROM made
), registered AS (
    INSERT INTO registrations (webinar_id, client_id, agency_id, user_id, role, source, answers, registered_at,
                               created_at, updated_at)
    SELECT %(webinar)s, %(client)s, %(agency)s, id, 'attendee', '', '{}', %(start)s, %(start)s, %(start)s FROM made
)
INSERT INTO webinar_user_sessions
    (id, webinar_id, client_id, agency_id, user_id, session_id, entered_at, last_heartbeat_at, exited_at,
     closed_reason, is_visible, watched_seconds_raw, watched_ranges, user_agent, referrer, created_at, updated_at)
SELECT gen_random_uuid(), %(webinar)s, %(client)s, %(agency)s, p.id, gen_random_uuid()::text, t.entered, t.left_at,
       t.left_at, 'exit', true, 0, tstzmultirange(tstzrange(t.entered, t.left_at)), %(browser)s, '', t.entered,
       t.left_at
FROM generate_series(1, %(sessions)s) s
JOIN numbered p ON p.n = 1 + (s - 1) %% %(people)s
CROSS JOIN LATERAL (SELECT %(start)s::timestamptz + s %% 1500 * interval '1 s' AS entered,
                           %(start)s::timestamptz + (1800 + s %% 1700) * interval '1 s' AS left_at) t
"""


def measure(*, seconds: float) -> list[Finding]:
    _make_crowd()
    with tempfile.TemporaryDirectory() as folder, on_cores(SERVER_CORE):
        bare = _run(BARE, Path(folder, "bare.xlsx"))
        workbook = _run(OURS, Path(folder, "ours.xlsx"))
        lines = _run(OURS, Path(folder, "ours.csv"))
    what = f"export of {PEOPLE:,} people"
    return [
        Finding(
            f"{what} and {SESSIONS:,} pages to XLSX, seconds",
            ceiling=f"{bare.seconds:.1f} s",
            ours=f"{workbook.seconds:.1f} s ({workbook.cpu:.1f} s of CPU), {workbook.size / 1e6:.1f} MB of file",
            ratio=bare.seconds / workbook.seconds,
            target=f"< {MOST_SECONDS} s",
            met=workbook.seconds < MOST_SECONDS,
        ),
        Finding(
            f"{what} and {SESSIONS:,} pages to XLSX, memory",
            ceiling=f"{bare.megabytes:.0f} MB",
            ours=f"{workbook.megabytes:.0f} MB",
            target=f"< {MOST_MEGABYTES} MB",
            met=workbook.megabytes < MOST_MEGABYTES,
        ),
        Finding(
            f"{what} to CSV",
            ours=f"{lines.seconds:.1f} s, {lines.megabytes:.0f} MB, {lines.size / 1e6:.1f} MB of file",
        ),
    ]


class Run(NamedTuple):
    """One program, start to end; `size` is its file's, in bytes."""

    seconds: float
    cpu: float
    megabytes: float
    size: int


def _run(program: str, path: Path) -> Run:
    command = [sys.executable, "-c", f"import os\n{program}{MEASURE}", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    taken, cpu, peak, size = done.stdout.split()
    return Run(float(taken), float(cpu), int(peak) / 1024, int(size))


def _make_crowd() -> None:
    start = timezone.now() - timedelta(hours=3)
    agency, _ = Agency.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    client, _ = Client.objects.get_or_create(agency=agency, slug="bench", defaults={"name": "Bench"})
    end = start + timedelta(hours=1)
    webinar = Webinar.objects.create(
        slug="exports", title="exports", agency=agency, client=client, state=Webinar.State.ENDED,
        webinar_start_time=start, webinar_scheduled_end_time=end, webinar_actual_end_time=end,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            CROWD,
            {
                "people": PEOPLE,
                "sessions": SESSIONS,
                "start": start,
                "browser": AGENT,
                "webinar": webinar.pk,
                "client": client.pk,
                "agency": agency.pk,
            },
        )
        cursor.execute("VACUUM ANALYZE users, registrations, webinar_user_sessions")
