"""A full room: 5,000 pages of one webinar on two socket servers and two web servers, all parts on the machine's cores.

Messages are posted through the API, so a delivery's time begins before the call and ends at the page: checking,
storing, Redis, fan-out and the way there are all in it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management import get_commands

from bench.fanout import Client
from bench.findings import Finding, milliseconds
from bench.people import make_crowd, seat
from bench.surroundings import (
    OTHER_CORES,
    ROOT,
    SERVER_CORE,
    cpu_seconds,
    free_port,
    granian,
    on_cores,
    program,
    uvicorn,
)

SOCKETS = int(os.environ.get("BENCH_SOCKETS", "5000"))
FEW = 500
PROCESSES = 2
MESSAGES = 5.0  # a second
MESSAGES_IN_STORM = 1.0
PINGS = SOCKETS / 120  # a second: each page pings every 120 s
STORM_SECONDS = 75.0
WARM_UP_SECONDS, WARM_UP_PINGS = 3.0, 50.0
THREADS = 8
EVERY_CORE = SERVER_CORE | OTHER_CORES

Servers = list["subprocess.Popen[bytes]"]


def measure(*, seconds: float) -> list[Finding]:
    crowd = make_crowd(slug="room", count=max(SOCKETS, FEW))
    seat(crowd, seen_seconds_ago=90)
    length = max(15.0, 4 * seconds)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        web_ports, socket_ports = ([free_port() for _ in range(PROCESSES)] for _ in range(2))
        web = []
        for port in web_ports:
            command = granian("eventflow.wsgi:application", interface="wsgi", port=port, threads=THREADS)
            web.append(running.enter_context(program(command, port=port, cores=EVERY_CORE)))
        sockets = SocketServers(socket_ports)
        running.callback(sockets.stop)
        job = {
            "ports": socket_ports,
            "web": web_ports,
            "webinar": str(crowd.webinar.id),
            "passes": str(crowd.write_passes(Path(folder) / "passes.json")),
            "since": int(time.time() * 1000),
        }
        sockets.start()
        few = _few(job, length)
        with pages(job) as load:
            opened = load("open", sockets=SOCKETS)
            full = _messages(load, job, sockets.running, seconds=length, pings=PINGS)
            killed = _storm(load, job, sockets.kill_and_start, web)
            drops = "drop_connections" in get_commands()
            dropped = _storm(load, job, drop(crowd.webinar.slug), web) if drops else None
    findings = [_delivery(full, opened), *_few_findings(few), *_storm_findings("killed and started again", killed)]
    if dropped is not None:
        findings += _storm_findings("told to go by drop_connections", dropped)
    return findings


class SocketServers:
    """Two of them, on ports of their own, which can be killed and started again."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = ports
        self.running: Servers = []
        self.kept = contextlib.ExitStack()

    def start(self) -> None:
        self.running = [
            self.kept.enter_context(
                program(uvicorn("eventflow.asgi:application", port=port), port=port, cores=EVERY_CORE)
            )
            for port in self.ports
        ]

    def kill_and_start(self) -> None:
        for server in self.running:
            server.send_signal(signal.SIGKILL)
        for server in self.running:
            server.wait()
        self.start()

    def stop(self) -> None:
        self.kept.close()


@contextlib.contextmanager
def pages(job: dict[str, Any]) -> Iterator[Client]:
    with on_cores(EVERY_CORE):
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.room_load"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(job) + "\n")
        yield Client(process)
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def people(job: dict[str, Any], **paces: float) -> Iterator["subprocess.Popen[str]"]:
    """Who posts and pings meanwhile; what they measured is on the standard output when they end."""
    with on_cores(EVERY_CORE):
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.room_people"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(job | paces))
        process.stdin.close()
        process.stdin = None  # or `communicate` would flush it
        yield process
    finally:
        process.kill()
        process.wait()


def result_of(process: "subprocess.Popen[str]") -> dict[str, Any]:
    text, _ = process.communicate()
    result: dict[str, Any] = json.loads(text)
    return result


def _few(job: dict[str, Any], length: float) -> dict[str, Any]:
    with pages(job) as load:
        load("open", sockets=FEW)
        _messages(load, job, [], seconds=WARM_UP_SECONDS, pings=WARM_UP_PINGS)  # servers open what they keep open
        return _messages(load, job, [], seconds=length, pings=FEW / 120)


def _messages(load: Client, job: dict[str, Any], servers: Servers, *, seconds: float, pings: float) -> dict[str, Any]:
    """Messages and pings as they come, for so long."""
    before = [cpu_seconds(server) for server in servers]
    with people(job, seconds=seconds, messages=MESSAGES, pings=pings) as meanwhile:
        found = load("listen", seconds=seconds + 3, messages=int(seconds * MESSAGES))
        used = [cpu_seconds(server) - was for server, was in zip(servers, before, strict=True)]
        return found | {"http": result_of(meanwhile), "serverCpu": sum(used) / (seconds + 3)}


def _storm(load: Client, job: dict[str, Any], break_sockets: Callable[[], None], web: Servers) -> dict[str, Any]:
    before = sum(cpu_seconds(server) for server in web)
    with people(job, seconds=50, messages=MESSAGES_IN_STORM, pings=PINGS) as meanwhile:
        time.sleep(5)  # people are busy before it breaks
        load.tell("storm", seconds=STORM_SECONDS)
        break_sockets()
        found = load.answer()
        used = sum(cpu_seconds(server) for server in web) - before
        return found | {"http": result_of(meanwhile), "webCpu": used}


def drop(slug: str) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(
            [sys.executable, "manage.py", "drop_connections", slug, "--yes"], cwd=ROOT, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    return run


def answered(statuses: dict[str, int], *good: str) -> bool:
    return sum(statuses.values()) > 0 and set(statuses) <= set(good)


def _delivery(full: dict[str, Any], opened: dict[str, Any]) -> Finding:
    lost = full["lost"] + full["holes"]
    posted = full["http"]["messages"]["statuses"]
    met = full["p95"] < 0.25 and full["p99"] < 0.5 and lost == 0 and answered(posted, "201")
    return Finding(
        f"{SOCKETS:,} sockets, two processes, {MESSAGES:.0f} messages/s posted: p95; p99; lost",
        ours=f"{milliseconds(full['p95'])}; {milliseconds(full['p99'])}; {lost} of {full['deliveries']:,} "
        f"(accepted in {opened['seconds']:.1f} s; socket servers {full['serverCpu']:.0%} of a core, "
        f"client {full['clientCpu']:.0%})",
        target="< 250 ms; < 500 ms; 0",
        met=met,
        data=full | {"open": opened},
    )


def _few_findings(few: dict[str, Any]) -> list[Finding]:
    return [
        Finding(
            f"posting a message, to the last of {FEW} pages: p95 (p50)",
            ours=f"{milliseconds(few['lastPageP95'])} ({milliseconds(few['lastPageP50'])})",
            target="< 150 ms",
            met=few["lastPageP95"] < 0.15 and few["lost"] == 0,
            data=few,
        )
    ]


def _storm_findings(how: str, found: dict[str, Any]) -> list[Finding]:
    pings, posts = found["http"]["pings"], found["http"]["messages"]
    by_design = {"200", "503", "429"}
    odd = {status: count for status, count in found["statuses"].items() if status not in by_design}
    return [
        Finding(
            f"storm, {SOCKETS:,} sockets {how}: half, 95 %, all back after",
            ours=f"{found['backP50']:.1f} s, {found['backP95']:.1f} s, {found['backLast']:.1f} s "
            f"({found['live']:,} live; refused {found['refused'] or 'none'}; client {found['clientCpu']:.0%})",
            target="< 60 s",
            met=found["live"] == SOCKETS and found["lost"] >= SOCKETS and found["backLast"] < 60,
            data=found,
        ),
        Finding(
            "storm: pings meanwhile, p95 (worst); answers",
            ours=f"{milliseconds(pings['p95'])} ({milliseconds(pings['worst'])}); {pings['statuses']}",
            target="< 500 ms, no error",
            met=pings["p95"] < 0.5 and answered(pings["statuses"], "204", "200"),
        ),
        Finding(
            "storm: messages meanwhile, p95; answers",
            ours=f"{milliseconds(posts['p95'])}; {posts['statuses']}",
            target="no error",
            met=answered(posts["statuses"], "201"),
        ),
        Finding(
            "storm: what the pages asked, number, p95 (worst); answers",
            ours=f"{found['calls']:,}, {milliseconds(found['callsP95'])} ({milliseconds(found['callsWorst'])}); "
            f"{found['statuses']}; web servers {found['webCpu']:.1f} s of CPU",
            target="nothing refused except by design",
            met=not odd,
        ),
    ]
