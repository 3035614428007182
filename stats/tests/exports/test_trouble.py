"""Workers that are killed, overtaken, out of room or out of rights: a file is whole, or it is not there (spec 14)."""

import os
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from eventflow import redis
from stats import tasks
from stats.exports import workbook
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.services import exports as service
from stats.services.erasure import expire_exports
from stats.services.exports import (
    MOST_ATTEMPTS,
    SILENCE,
    claim,
    prune_exports,
    request_export,
    write_export,
    write_waiting_exports,
)
from stats.sql.exports import Progress
from stats.tests.exports.people import NOW, at, files, meanwhile, seen
from stats.tests.factories import ExportFactory
from webinars.models import User
from webinars.services.erasure import Erased
from webinars.tests.factories import AgencyMemberFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_claim_holds_while_its_worker_is_heard_from_and_then_another_takes_over(export):
    first = claim(export_id=export.pk, now=NOW)

    assert claim(export_id=export.pk, now=NOW + SILENCE) is None
    second = claim(export_id=export.pk, now=NOW + SILENCE + timedelta(seconds=1))
    assert (second.claim != first.claim, second.attempts, second.started_at) == (True, 2, NOW)


def test_a_worker_that_was_thought_dead_changes_nothing_any_more(export, folder, monkeypatch):
    """It falls silent while it writes, another takes over, and then it goes on."""
    others = iter([lambda: write_export(export_id=export.pk, clock=at(NOW + SILENCE * 2))])

    def slowly(self, **told):
        meanwhile(next(others, None))
        return written(self, **told)

    written = Progress.write
    monkeypatch.setattr(Progress, "write", slowly)

    assert write_export(export_id=export.pk, clock=at(NOW)) is None

    export.refresh_from_db()
    assert (export.state, export.attempts, export.finished_at) == ("done", 2, NOW + SILENCE * 2)
    assert [str(path) for path in files(folder)] == [export.file]


def test_one_that_is_overtaken_at_the_last_moment_takes_its_file_away(export, folder, monkeypatch):
    def overtaken(path, *, name):
        Export.objects.update(claim=uuid.uuid4())
        return keep(path, name=name)

    keep = service.keep
    monkeypatch.setattr(service, "keep", overtaken)

    assert write_export(export_id=export.pk, clock=at(NOW)) is None
    assert files(folder) == []
    assert seen(export)[:2] == ("running", "")


def test_what_names_somebody_who_is_erased_meanwhile_is_not_kept(export, folder, monkeypatch):
    """Their rows were read before, the file is finished after."""

    def erased_meanwhile(path, *, name):
        expire_exports(Erased(User.objects.get(display_name="김서연"), frozenset(), "김서연", NOW))
        return keep(path, name=name)

    keep = service.keep
    monkeypatch.setattr(service, "keep", erased_meanwhile)

    assert write_export(export_id=export.pk, clock=at(NOW)) is None
    assert files(folder) == []
    assert seen(export)[0] == "running"
    assert prune_exports(NOW + SILENCE * 2) == 1


KILLED = """
import os, sys, django
django.setup()
from django.conf import settings
settings.STORAGES["private"]["OPTIONS"]["location"] = sys.argv[2]
from stats.exports import workbook
from stats.services.exports import write_export
def killed(*args, **options):
    os.kill(os.getpid(), 9)
workbook.Book.write_lines = killed
write_export(export_id=sys.argv[1])
"""


def worker(program, *arguments, **options):
    """Another process with the same database."""
    params = connection.get_connection_params()
    url = f"postgresql://{params['user']}@/{params['dbname']}?host={params['host']}&port={params.get('port') or 5432}"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "eventflow.settings", "DATABASE_URL": url},
        cwd=django_settings.BASE_DIR,
        check=False,
        capture_output=True,
        text=True,
        **options,
    )


def test_a_killed_worker_leaves_no_file_and_another_writes_it(export, folder):
    Export.objects.update(expires_at=timezone.now() + timedelta(days=1))

    done = worker(KILLED, export.pk, folder)

    assert done.returncode == -9, done.stderr
    assert seen(export)[0] == "running"
    assert {path.partition("/")[0] for path in files(folder)} == {"unfinished"}

    later = timezone.now() + SILENCE + timedelta(seconds=1)
    assert write_waiting_exports(clock=timezone.now) == 0
    assert write_waiting_exports(clock=at(later)) == 1
    assert seen(export)[:2] == ("done", "")
    prune_exports(later + timedelta(hours=1))
    assert {path.partition("/")[0] for path in files(folder)} == {"exports", "unfinished"}
    with time_machine.travel(later + timedelta(days=2)):
        prune_exports(timezone.now())
    assert files(folder) == []


FULL = """
import resource, signal, sys, django
django.setup()
from django.conf import settings
settings.STORAGES["private"]["OPTIONS"]["location"] = sys.argv[2]
from stats.services.exports import write_export
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
print(write_export(export_id=sys.argv[1]).error_code)
"""


@pytest.mark.parametrize(
    ("file_format", "room"), [("csv", 0), ("csv", 300), ("xlsx", 0), ("xlsx", 2_000), ("xlsx", 6_000)]
)
def test_without_room_on_the_disk_it_says_so_and_leaves_nothing(talk, owner, folder, file_format, room):
    """The system refuses to write more than that: while the rows are written, and while the file is put together."""
    export = ExportFactory(webinar=talk, requested_by=owner, format=file_format)

    done = worker(FULL, export.pk, folder, room)

    assert (done.stdout, done.returncode) == ("no_room\n", 0), done.stderr
    assert seen(export) == ("failed", "no_room", None, "")
    assert files(folder) == []


def test_a_worker_that_is_killed_each_time_is_not_followed_for_ever(export):
    for attempt in range(MOST_ATTEMPTS):
        assert claim(export_id=export.pk, now=NOW + attempt * SILENCE * 2) is not None

    assert write_waiting_exports(clock=at(NOW + MOST_ATTEMPTS * SILENCE * 2)) == 0
    assert seen(export) == ("failed", "gave_up", None, "")


def test_what_nobody_expected_is_noted_and_raised(export, folder, monkeypatch):
    monkeypatch.setattr(workbook, "about", lambda contents: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write_export(export_id=export.pk, clock=at(NOW))

    assert seen(export) == ("failed", "internal", None, "")
    assert files(folder) == []


@pytest.mark.parametrize("loses", ["role", "membership", "account"])
def test_nothing_is_written_for_who_may_not_see_it_any_more(export, talk, owner, folder, loses):
    member = owner.agency_memberships.get()
    if loses == "role":
        # The database keeps an agency's last owner.
        AgencyMemberFactory(agency=talk.agency, role="owner")
        member.role = "viewer"
        member.save()
    elif loses == "membership":
        AgencyMemberFactory(agency=talk.agency, role="owner")
        member.delete()
    else:
        owner.is_active = False
        owner.save()

    write_export(export_id=export.pk, clock=at(NOW))

    assert seen(export) == ("failed", "not_allowed", None, "")
    assert files(folder) == []


def test_without_a_broker_it_waits_for_the_minutes_job(talk, owner, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis.client.cache_clear()
    try:
        export = request_export(webinar=talk, user=owner, format="xlsx", query=AttendanceQuery(), now=timezone.now())
    finally:
        settings.REDIS_URL = os.environ["REDIS_URL"]
        redis.client.cache_clear()

    assert seen(export)[0] == "queued"
    assert tasks.write_waiting_exports() == 1
    assert seen(export)[0] == "done"
