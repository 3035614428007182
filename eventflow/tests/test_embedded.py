import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from eventflow.data_dir import StartError
from eventflow.embedded import EmbeddedPostgres, EmbeddedRedis, EmbeddedServers


@pytest.fixture
def folder() -> Iterator[Path]:
    """Outside pytest's own folders, which PostgreSQL's user may not enter when the tests run as root."""
    path = Path(tempfile.mkdtemp(prefix="eventflow-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def servers(folder: Path) -> Iterator[EmbeddedServers]:
    found = EmbeddedServers(folder, durable=False, report=lambda sentence: None)
    found.configure({})
    yield found
    found.stop()


def postgres_of(servers: EmbeddedServers) -> EmbeddedPostgres:
    return next(server for server in servers.servers if isinstance(server, EmbeddedPostgres))


def redis_of(servers: EmbeddedServers) -> EmbeddedRedis:
    return next(server for server in servers.servers if isinstance(server, EmbeddedRedis))


def note(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [text])


def notes(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM notes ORDER BY text")]


def test_start_brings_an_empty_unicode_database_and_a_redis(servers):
    servers.start()

    with psycopg.connect(postgres_of(servers).url) as connection:
        row = connection.execute(
            "SELECT current_database(), current_setting('server_encoding'), lower('ÀÉ가'),"
            " current_setting('server_version_num')::int / 10000"
        ).fetchone()
    assert row == ("eventflow", "UTF8", "àé가", 18)
    with redis.Redis.from_url(redis_of(servers).url) as client:
        assert client.ping() is True


def test_a_killed_postgres_comes_back_at_its_address_with_its_data(servers):
    postgres_of(servers).durable = True
    servers.start()
    postgres = postgres_of(servers)
    note(postgres.url, "kept")
    postgres.process.send_signal(signal.SIGKILL)
    postgres.process.wait()
    assert not postgres.alive()

    postgres.start()

    assert notes(postgres.url) == ["kept"]


def test_a_killed_redis_comes_back_at_its_address(servers):
    servers.start()
    server = redis_of(servers)
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    assert not server.alive()

    server.start()

    with redis.Redis.from_url(server.url) as client:
        assert client.ping() is True


def test_a_second_run_finds_addresses_secrets_and_data_again(servers, folder):
    servers.start()
    note(postgres_of(servers).url, "kept")
    first = servers.data_dir.read_env()
    servers.stop()

    again = EmbeddedServers(folder, durable=False, report=lambda sentence: None)
    again.configure({})
    again.start()
    try:
        assert again.data_dir.read_env() == first
        assert notes(postgres_of(again).url) == ["kept"]
    finally:
        again.stop()


def test_servers_that_a_killed_run_left_behind_are_replaced(servers, folder):
    servers.start()
    note(postgres_of(servers).url, "kept")
    servers.data_dir.release()  # as the kernel does when the process is killed

    again = EmbeddedServers(folder, durable=False, report=lambda sentence: None)
    again.configure({})
    again.start()
    try:
        assert notes(postgres_of(again).url) == ["kept"]
        assert [server.process.wait(0) for server in servers.servers] == [0, 0]  # asked to end, not killed
        assert redis_of(again).url == redis_of(servers).url
    finally:
        again.stop()


def test_a_folder_in_use_is_refused_with_the_owner_and_a_way_out(servers, folder):
    servers.start()

    with pytest.raises(StartError) as refusal:
        EmbeddedServers(folder).start()

    assert str(refusal.value) == (
        f"EventFlow is already running on {folder} (process {os.getpid()}): stop it, "
        "or give this one a folder of its own with EVENTFLOW_DATA_DIR=."
    )


def test_a_stale_pid_file_that_names_somebody_elses_process_is_no_obstacle(servers, folder):
    servers.start()
    note(postgres_of(servers).url, "kept")
    servers.stop()
    (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}/postgres\n1\n5432\n\n\n\nready\n")

    again = EmbeddedServers(folder, durable=False, report=lambda sentence: None)
    again.configure({})
    again.start()
    try:
        assert notes(postgres_of(again).url) == ["kept"]
    finally:
        again.stop()


def test_a_set_up_that_was_interrupted_begins_again(servers, folder):
    (folder / "postgres" / "base").mkdir(parents=True)
    (folder / "postgres" / "PG_VERSION").write_text("18\n")

    servers.start()

    note(postgres_of(servers).url, "works")


def test_a_folder_too_deep_for_a_unix_socket_still_works(folder):
    deep = folder / ("deep-" * 20) / ("er-" * 20)
    servers = EmbeddedServers(deep, durable=False, report=lambda sentence: None)
    servers.configure({})
    try:
        servers.start()
        note(postgres_of(servers).url, "works")
        assert postgres_of(servers).socket_dir.parent == Path("/tmp")
    finally:
        servers.stop()
        shutil.rmtree(postgres_of(servers).socket_dir)


def test_redis_moves_when_another_program_has_taken_its_port(servers, folder):
    taken = redis_of(servers).port
    with socket.socket() as other:
        other.bind(("127.0.0.1", taken))
        other.listen()

        again = EmbeddedServers(folder)
        again.configure({})

    assert redis_of(again).port != taken
    assert again.data_dir.read_env()["REDIS_URL"] == redis_of(again).url


def test_rooms_get_a_redis_of_their_own_which_is_found_again_and_ended_when_it_is_not_wanted(folder):
    def servers_with(shards: int) -> tuple[EmbeddedServers, dict[str, str]]:
        environ = {"DATABASE_URL": "postgresql://elsewhere.example/eventflow"}
        found = EmbeddedServers(folder, report=lambda sentence: None)
        found.configure(environ, shards=shards)
        return found, environ

    first, environ = servers_with(2)
    first.start()
    try:
        assert [server.name for server in first.servers] == ["Redis", "Redis 2"]
        urls = environ["REALTIME_REDIS_URLS"].split(",")
        assert urls == [server.url for server in first.servers]
        assert urls[0] == environ["REDIS_URL"]
        assert first.data_dir.read_env()["REALTIME_REDIS_URLS"] == ",".join(urls)
        for url in urls:
            with redis.Redis.from_url(url) as client:
                assert client.ping() is True
        first.data_dir.release()  # as the kernel does when the process is killed

        again, environ = servers_with(2)
        assert environ["REALTIME_REDIS_URLS"].split(",") == urls
        one, environ = servers_with(1)
        assert "REALTIME_REDIS_URLS" not in environ
        assert "REALTIME_REDIS_URLS" not in one.data_dir.read_env()
        one.start()
        try:
            assert [server.process.wait(5) for server in first.servers] == [0, 0]
        finally:
            one.stop()
    finally:
        first.stop()


def test_named_addresses_of_rooms_bring_no_server(folder):
    environ = {"DATABASE_URL": "postgresql://elsewhere.example/x", "REALTIME_REDIS_URLS": "redis://:pw@room.example/0"}
    servers = EmbeddedServers(folder)

    servers.configure(environ, shards=2)

    assert [server.name for server in servers.servers] == ["Redis"]
    assert environ["REALTIME_REDIS_URLS"] == "redis://:pw@room.example/0"
    assert "room.example" not in servers.data_dir.env_file.read_text()


def test_redis_answers_only_with_its_password(servers):
    servers.start()

    patience = Retry(NoBackoff(), 0)
    with redis.Redis(port=redis_of(servers).port, retry=patience) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_the_env_file_is_its_owners_alone(servers):
    assert servers.data_dir.env_file.stat().st_mode & 0o777 == 0o600
    assert servers.data_dir.read_env().keys() == {
        "SECRET_KEY", "LIVE_PASS_KEYS", "CRON_SECRET", "DEMO_PASSWORD", "DATABASE_URL", "REDIS_URL",
    }  # fmt: skip


def test_a_named_database_is_used_and_its_address_is_not_written_down(folder):
    environ = {"DATABASE_URL": "postgresql://somebody:secret@db.example/eventflow"}
    servers = EmbeddedServers(folder)

    servers.configure(environ)

    assert [server.name for server in servers.servers] == ["Redis"]
    assert environ["DATABASE_URL"] == "postgresql://somebody:secret@db.example/eventflow"
    assert "secret@" not in servers.data_dir.env_file.read_text()


def test_the_real_environment_wins_over_the_env_file(servers, folder):
    environ = {"SECRET_KEY": "mine"}

    EmbeddedServers(folder).configure(environ)

    assert environ["SECRET_KEY"] == "mine"
    assert environ["CRON_SECRET"] == servers.data_dir.read_env()["CRON_SECRET"]


def test_what_somebody_added_to_the_env_file_stays(servers, folder):
    with servers.data_dir.env_file.open("a") as file:
        file.write("PRESENCE_PING_INTERVAL_SECONDS=30\n")
    environ: dict[str, str] = {}

    EmbeddedServers(folder).configure(environ)

    assert environ["PRESENCE_PING_INTERVAL_SECONDS"] == "30"
    assert servers.data_dir.read_env()["PRESENCE_PING_INTERVAL_SECONDS"] == "30"


def test_a_server_that_cannot_start_says_what_it_said(servers, folder):
    servers.start()
    servers.stop()
    (folder / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(StartError, match=r"PostgreSQL did not start\. It said \(in .*\):(.|\n)*no_such_setting"):
        servers.start()
