import os
import select
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from eventflow.data_dir import StartError
from eventflow.demo.programs import Child
from eventflow.demo.supervisor import Stopped, Supervisor
from eventflow.embedded import EmbeddedServers, free_port

WAITS = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="eventflow-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def supervisor(folder: Path) -> Iterator[Supervisor]:
    said: list[str] = []
    servers = EmbeddedServers(folder, durable=False, report=said.append)
    supervisor = Supervisor(servers=servers, report=said.append)
    supervisor.said = said
    yield supervisor
    supervisor.stop()


def run_until(supervisor: Supervisor, done: Callable[[], bool]) -> None:
    looks = iter(range(60))

    def look() -> None:
        assert next(looks, None) is not None, supervisor.said
        if done():
            supervisor.stopping.set()

    supervisor.run(now_and_then=look, every=0.1)


def test_a_child_that_is_killed_is_started_again(supervisor, folder):
    child = Child("worker", WAITS, log=folder / "worker.log")
    supervisor.start(child)
    killed = child.pid
    os.kill(killed, signal.SIGKILL)

    run_until(supervisor, lambda: child.pid != killed and child.alive())

    assert supervisor.said == [f"worker was ended by signal 9; started again (its log: {folder / 'worker.log'})."]


def test_a_child_that_keeps_failing_is_tried_less_and_less_often(supervisor, folder):
    child = Child("worker", [sys.executable, "-c", "raise SystemExit(3)"], log=folder / "worker.log")
    supervisor.start(child)

    run_until(supervisor, lambda: len(supervisor.said) == 2)

    assert supervisor.said == [f"worker ended with code 3; started again (its log: {folder / 'worker.log'})."] * 2
    assert supervisor.pauses["worker"] == 2.0


def test_a_killed_database_is_started_again(supervisor):
    supervisor.servers.configure({"REDIS_URL": "redis://elsewhere.example/0"})
    supervisor.servers.start()
    [postgres] = supervisor.servers.servers
    postgres.process.kill()
    postgres.process.wait()

    run_until(supervisor, lambda: postgres.alive() and postgres.answers())

    assert supervisor.said[-1] == f"PostgreSQL had ended; started again (its log: {postgres.log})."


def test_stopping_ends_what_children_have_started_too(supervisor, folder):
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    # The grandchild ignores the polite signal and holds the pipe open for as long as it lives.
    script = f"exec 3>{pipe}; sh -c \"trap '' TERM; echo up >&3; while :; do sleep 60; done\" & wait"
    supervisor.start(Child("worker", ["sh", "-c", script], log=folder / "worker.log"))
    with pipe.open() as reader:
        assert reader.readline() == "up\n"

        supervisor.stop()

        assert select.select([reader], [], [], 5)[0] == [reader]
        assert reader.read() == ""


def test_who_only_asks_ends_before_those_that_serve(supervisor, folder):
    names = ["web 1", "sockets 2", "balancer", "worker", "beat", "attendees"]
    supervisor.started = [Child(name, WAITS, log=folder / f"{name}.log") for name in names]

    front, serving = supervisor._stages()

    assert [child.name for child in front] == ["beat", "attendees"]
    assert [child.name for child in serving] == ["web 1", "sockets 2", "balancer", "worker"]


def test_children_of_a_demo_that_was_killed_are_ended_by_the_next(supervisor, folder):
    child = Child("web", WAITS, log=folder / "web.log")
    supervisor.start(child)

    Supervisor(servers=EmbeddedServers(folder), report=supervisor.said.append).end_leftovers()

    assert not psutil.pid_exists(child.pid)


def test_a_number_that_belongs_to_another_process_by_now_is_left_alone(supervisor, folder):
    other = Child("other", WAITS, log=folder / "other.log")
    other.start()
    supervisor.servers.data_dir.make()
    supervisor.record.write_text(f'{{"{other.pid}": 1.0}}')

    supervisor.end_leftovers()

    assert other.alive()
    other.ask_to_end()
    other.end(seconds=5)


def test_a_child_that_ends_while_starting_says_why(supervisor, folder):
    child = Child("web", [sys.executable, "-c", "raise SystemExit('no such module')"], log=folder / "web.log")
    supervisor.start(child)
    child.process.wait()

    with pytest.raises(StartError) as refusal:
        supervisor.wait_until_ready(child, f"http://127.0.0.1:{free_port()}/healthz")

    assert str(refusal.value) == f"web ended while starting. It said (in {folder / 'web.log'}):\n  no such module"


def test_being_told_to_end_interrupts_the_start(supervisor, folder):
    child = Child("web", WAITS, log=folder / "web.log")
    supervisor.start(child)
    supervisor.stopping.set()

    with pytest.raises(Stopped):
        supervisor.wait_until_ready(child, f"http://127.0.0.1:{free_port()}/healthz")
