"""Pings over HTTP: our view beside a bare program that runs the same statement."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.findings import Finding, milliseconds, per_second
from bench.people import Crowd, make_crowd, seat
from bench.surroundings import ROOT, cpu_seconds, free_port, granian, program, uvicorn

CONNECTIONS = 50
PEOPLE = 20_000
THREADS = int(os.environ.get("BENCH_THREADS", "8"))
ROUNDS = 3
WARM_UP_SECONDS = 1.5


Side = tuple["subprocess.Popen[bytes]", dict[str, Any]]  # a server and the job that loads it


def measure(*, seconds: float) -> list[Finding]:
    crowd = make_crowd(slug="ping", count=PEOPLE)
    bare_port, our_port, asgi_port = free_port(), free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        job = {
            "path": f"/api/webinars/{crowd.webinar.slug}/presence/ping",
            "passes": str(crowd.write_passes(Path(folder) / "passes.json")),
            "connections": CONNECTIONS,
            "seconds": seconds,
        }
        bare_command = granian("bench.ceiling_ping:application", interface="asgi", port=bare_port)
        our_command = granian("eventflow.wsgi:application", interface="wsgi", port=our_port, threads=THREADS)
        with program(bare_command, port=bare_port) as bare, program(our_command, port=our_port) as ours:
            sides = {"bare": (bare, job | {"port": bare_port}), "ours": (ours, job | {"port": our_port})}
            throttled = _rounds(crowd, sides, seen_seconds_ago=0)
            writing = _rounds(crowd, sides, seen_seconds_ago=90)
        with program(uvicorn("bench.ours_asgi:application", port=asgi_port), port=asgi_port) as ours:
            asgi = _rounds(crowd, {"ours": (ours, job | {"port": asgi_port})}, seen_seconds_ago=0)["ours"]
    return [
        *_findings("ping, throttled (nothing to write)", throttled),
        *_findings("ping, writing presence and heartbeat", writing),
        Finding(
            "ping, throttled, ours under uvicorn (ASGI)",
            per_second(throttled["bare"]["perSecond"]),
            f"{per_second(asgi['perSecond'])}, {asgi['errors']} errors",
            asgi["perSecond"] / throttled["bare"]["perSecond"],
            data=asgi,
        ),
    ]


def _rounds(crowd: Crowd, sides: dict[str, Side], *, seen_seconds_ago: int) -> dict[str, dict[str, Any]]:
    """Each side in turn, `ROUNDS` times; the best round of each, which is the one that was disturbed least.

    Everybody was last seen so long ago: within the throttle's minute nothing is written, after it each person's
    first ping writes, and the round ends when everybody has pinged once.
    """
    once = seen_seconds_ago > 60
    seat(crowd, seen_seconds_ago=0)
    for _, job in sides.values():
        _load(job | {"seconds": WARM_UP_SECONDS})
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for _ in range(ROUNDS):
        for side, (server, job) in sides.items():
            seat(crowd, seen_seconds_ago=seen_seconds_ago)
            before = cpu_seconds(server)
            result = _load(job | {"once": once})
            result["cpuMicroseconds"] = (cpu_seconds(server) - before) / max(1, result["requests"]) * 1e6
            found[side].append(result)
    return {side: _best(rounds) for side, rounds in found.items()}


def _best(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    errors = sum(count for one in rounds for status, count in one["statuses"].items() if status != "204")
    return max(rounds, key=lambda one: one["perSecond"]) | {"errors": errors, "rounds": rounds}


def _load(job: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.http_load"], cwd=ROOT, input=json.dumps(job).encode(), capture_output=True,
        check=False, timeout=job["seconds"] + 60,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _findings(what: str, found: dict[str, Any]) -> list[Finding]:
    bare, ours = found["bare"], found["ours"]
    ratio = ours["perSecond"] / bare["perSecond"]
    tail = ours["p99"] / bare["p99"]
    return [
        Finding(
            what, per_second(bare["perSecond"]), per_second(ours["perSecond"]), ratio, "≥ 0.45", ratio >= 0.45, found
        ),
        Finding(
            f"{what}: p99", milliseconds(bare["p99"]), milliseconds(ours["p99"]), tail, "< 3 × the ceiling's", tail < 3
        ),
        Finding(
            f"{what}: server's CPU; client's share of a core; errors",
            f"{bare['cpuMicroseconds']:.0f} µs; {bare['clientCpu']:.0%}; {bare['errors']}",
            f"{ours['cpuMicroseconds']:.0f} µs; {ours['clientCpu']:.0%}; {ours['errors']}",
            bare["cpuMicroseconds"] / ours["cpuMicroseconds"],
            target="no error",
            met=ours["errors"] == 0,
        ),
    ]
