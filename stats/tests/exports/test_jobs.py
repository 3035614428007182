"""Files that a worker writes: once, and whole (spec 14)."""

import json
import os
import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client as Browser
from django.utils import timezone, translation
from openpyxl import load_workbook

from eventflow import redis
from eventflow.celery import app
from presence.models import UserSession
from stats import tasks
from stats.exports import book
from stats.exports.about import TOTALS
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.services.exports import (
    SILENCE,
    TASK,
    claim,
    prune_exports,
    request_export,
    write_export,
    write_waiting_exports,
)
from stats.sql.exports import Progress
from stats.tests.exports.people import (
    NOW,
    at,
    attendee,
    ended_webinar,
    files,
    in_a_day,
    meanwhile,
    seen,
    visit,
)
from stats.tests.factories import ExportFactory
from webinars.tests.console_people import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_file_is_written_and_kept_for_a_while(export, owner, folder):
    written = write_export(export_id=export.pk, clock=at(NOW))

    [name] = files(folder)
    assert str(name) == written.file == f"exports/{export.pk}.xlsx"
    path = folder / name
    assert load_workbook(path).sheetnames == ["People", "Pages", "Definitions"]
    assert (written.state, written.claim, written.error_code) == ("done", None, "")
    assert (written.rows_done, written.rows_total, written.size) == (8, 8, path.stat().st_size)
    assert written.file_name == "talk-attendance-2026-03-02-preliminary.xlsx"
    assert (written.started_at, written.finished_at, written.expires_at) == (NOW, NOW, NOW + timedelta(hours=24))
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_its_requester_fetches_it(export, owner, folder):
    done = write_export(export_id=export.pk, clock=at(NOW))

    with time_machine.travel(NOW):
        response = sign_in(Browser(), owner).get(f"/api/webinars/talk/stats/exports/{export.pk}/file")

    assert b"".join(response.streaming_content) == (folder / done.file).read_bytes()


def test_a_csv_is_written_in_the_requesters_language(talk, owner, folder):
    with translation.override("en"):
        export = ExportFactory(webinar=talk, requested_by=owner, format="csv", query={"q": "seoyeon"})

    written = write_export(export_id=export.pk)

    text = (folder / written.file).read_text(encoding="utf-8-sig")
    assert [line.split(",")[0] for line in text.splitlines()] == ["Name", "김서연"]
    assert (written.rows_done, written.rows_total) == (1, 1)


def test_what_is_written_is_not_written_again(export, folder):
    first = write_export(export_id=export.pk, clock=at(NOW))

    assert write_export(export_id=export.pk, clock=at(NOW + timedelta(hours=1))) is None
    assert write_waiting_exports(clock=at(NOW + timedelta(hours=1))) == 0
    export.refresh_from_db()
    assert (export.attempts, export.finished_at) == (1, first.finished_at)


def test_of_two_workers_at_once_one_writes(export, folder):
    """Both are at the claim before either has it."""
    both_ready, results = threading.Barrier(2), []

    def work():
        both_ready.wait()
        try:
            results.append(write_export(export_id=export.pk, clock=at(NOW)))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(result is None for result in results) == [False, True]
    assert len(files(folder)) == 1
    export.refresh_from_db()
    assert (export.state, export.attempts) == ("done", 1)


@pytest.mark.parametrize(("at_once", "claimed"), [(1, 1), (2, 2)])
def test_the_minutes_jobs_always_find_a_worker(export, talk, settings, at_once, claimed):
    settings.EXPORTS_AT_ONCE = at_once
    other = ExportFactory(webinar=talk, expires_at=in_a_day())
    both_ready, results = threading.Barrier(2), []

    def work(export_id):
        both_ready.wait()
        try:
            results.append(claim(export_id=export_id, now=NOW))
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=[pk]) for pk in (export.pk, other.pk)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(result is not None for result in results) == claimed
    assert Export.objects.filter(state="running").count() == claimed


def test_who_had_to_wait_comes_next(export, talk, owner):
    """Also those that were asked for while the others were written."""
    second = ExportFactory(webinar=talk, requested_by=owner, expires_at=timezone.now() + timedelta(days=1))
    Export.objects.update(expires_at=timezone.now() + timedelta(days=1))

    tasks.write_export(str(second.pk))

    assert [seen(one)[0] for one in (export, second)] == ["done", "done"]


def test_how_far_it_is_can_be_read_while_it_is_written(export, monkeypatch):
    told = []
    monkeypatch.setattr(book, "ROWS_BETWEEN_REPORTS", 3)

    def noticed(self, **values):
        holds = written(self, **values)
        meanwhile(lambda: told.append(Export.objects.values_list("state", "rows_done", "rows_total").get()))
        return holds

    written = Progress.write
    monkeypatch.setattr(Progress, "write", noticed)

    write_export(export_id=export.pk, clock=at(NOW))

    assert told == [("running", rows, 8) for rows in (0, 3, 6, 8)]


def test_all_of_a_workbook_is_of_one_moment(export, talk, owner, folder, monkeypatch):
    """Somebody comes while it is written: they are on no sheet, rather than on some."""
    newcomers = iter([lambda: visit(talk, attendee(talk, "Late", "late@example.com"), 1, 2)])

    def somebody_comes(self, **values):
        meanwhile(next(newcomers, None))
        return written(self, **values)

    written = Progress.write
    monkeypatch.setattr(Progress, "write", somebody_comes)

    done = write_export(export_id=export.pk, clock=at(NOW))

    assert UserSession.objects.count() == 6
    sheets = load_workbook(folder / done.file).worksheets
    assert [sheet.max_row - 1 for sheet in sheets[:2]] == [3, 5]
    with translation.override("en"):
        label = str(TOTALS["people"][0])
    assert (label, 3) in [(row[0].value, row[1].value) for row in sheets[2]]
    assert "late@example.com" not in {cell.value for sheet in sheets for row in sheet for cell in row}


def test_workers_are_told_when_the_request_is_committed(talk, owner):
    redis.client().delete("celery")

    with transaction.atomic():
        export = request_export(webinar=talk, user=owner, format="xlsx", query=AttendanceQuery(), now=NOW)
        assert redis.client().llen("celery") == 0

    [message] = redis.client().lrange("celery", 0, -1)
    assert (TASK.encode() in message, str(export.pk) in repr(json.loads(message))) == (True, True)


def test_the_jobs_are_there(export):
    export.expires_at = timezone.now() + timedelta(days=1)
    export.save()

    tasks.write_export(str(export.pk))

    assert seen(export)[0] == "done"
    assert {TASK, "stats.write_waiting_exports"} <= set(app.tasks)


@pytest.mark.django_db
def test_the_minutes_job_is_scheduled(scheduled):
    job = scheduled["stats.write_waiting_exports"]

    assert (job.enabled, job.crontab.minute, job.crontab.hour) == (True, "*", "*")


def test_files_go_when_they_expire_and_what_nobody_knows_after_a_day(export, talk, folder):
    write_export(export_id=export.pk, clock=at(NOW))
    still = ExportFactory(webinar=talk, expires_at=NOW + timedelta(days=9))
    stranger = folder / "exports" / "stranger.xlsx"
    stranger.write_bytes(b"x")

    assert prune_exports(NOW + timedelta(hours=24, seconds=-1)) == 0
    assert prune_exports(NOW + timedelta(hours=24)) == 1
    assert list(Export.objects.all()) == [still]
    assert files(folder) == ["exports/stranger.xlsx"]
    os.utime(stranger, (0, (NOW - timedelta(days=1)).timestamp()))
    assert prune_exports(NOW + timedelta(hours=24)) == 1
    assert files(folder) == []


def test_one_that_is_being_written_is_not_pruned(export):
    claim(export_id=export.pk, now=NOW)

    assert prune_exports(NOW + SILENCE) == 0
    Export.objects.update(expires_at=NOW)
    assert prune_exports(NOW + SILENCE) == 0
    assert prune_exports(NOW + SILENCE * 2) == 1


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"format": "pdf"}, "export_format"),
        ({"language": "fr"}, "export_language"),
        ({"state": "done"}, "export_state"),
        ({"state": "running"}, "export_state"),
        ({"state": "failed", "finished_at": NOW}, "export_state"),
        ({"claim": uuid.UUID(int=1)}, "export_state"),
        ({"rows_done": 2, "rows_total": 1}, "export_rows_done"),
    ],
)
def test_the_database_holds_what_each_state_needs(talk, wrong, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        ExportFactory(webinar=talk, **wrong)


def test_the_database_holds_the_tenant(talk):
    other = ended_webinar(slug="other")

    with pytest.raises(IntegrityError, match="exports_tenant"):
        ExportFactory(webinar=talk, client=other.client, agency=other.agency)


def test_nobody_else_on_the_server_reads_the_files(folder, export):
    before = os.umask(0)
    try:
        write_export(export_id=export.pk, clock=at(NOW))
    finally:
        os.umask(before)

    assert [path.stat().st_mode & 0o077 for path in folder.rglob("*")] == [0] * len(list(folder.rglob("*")))
