"""One event to 2,000 sockets of one process: our consumer and hub beside a bare program with queues."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psutil

from bench.findings import Finding, milliseconds, per_second
from bench.people import Crowd, make_crowd
from bench.surroundings import ROOT, cpu_seconds, free_port, program, uvicorn

SOCKETS = 2_000
EVENT_BYTES = 200  # a chat message
LARGE_BYTES = 16_000
FILLING = 600  # of these: more than the kernel keeps between the server and a socket that is not read
SINGLY = 2  # so many events under way: each is written alone while the next one waits
BUSY = 16  # so many that ours puts several into one frame
ROUNDS = 3


class Client:
    """A load client process, told what to do line by line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def __call__(self, do: str, **arguments: Any) -> dict[str, Any]:
        self.tell(do, **arguments)
        return self.answer()

    def tell(self, do: str, **arguments: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the load client ended")
        result: dict[str, Any] = json.loads(answer)
        return result


@contextlib.contextmanager
def client(job: dict[str, Any]) -> Iterator[Client]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.socket_load"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(job) + "\n")
        yield Client(process)
    finally:
        process.kill()
        process.communicate()


def measure(*, seconds: float) -> list[Finding]:
    crowd = make_crowd(slug="fanout", count=SOCKETS)
    bare = _bare(seconds)
    single = _ours(crowd, seconds, SINGLY, {"REALTIME_FRAME_MILLISECONDS": "0", "REALTIME_QUEUE_FRAMES": "16"})
    ours = _ours(crowd, seconds, BUSY, {})
    stock = _stock(seconds)
    return [*_throughput(bare, single, ours, stock), *_the_rest(bare, single, ours)]


def _bare(seconds: float) -> dict[str, Any]:
    port = free_port()
    with program(uvicorn("bench.ceiling_fanout:application", port=port), port=port) as server:
        return _measure(server, {"port": port, "path": "/", "tokens": []}, seconds, SINGLY)


def _stock(seconds: float) -> dict[str, Any]:
    port = free_port()
    with (
        program(uvicorn("bench.stock_layer:application", port=port), port=port) as server,
        client({"port": port, "path": "/", "tokens": []}) as load,
    ):
        opened = load("open", sockets=SOCKETS)
        return {"open": opened, "saturated": _saturate(server, load, seconds, SINGLY, EVENT_BYTES)}


def _ours(crowd: Crowd, seconds: float, window: int, environ: dict[str, str]) -> dict[str, Any]:
    port = free_port()
    job = {
        "port": port,
        "path": f"/ws/webinars/{crowd.webinar.slug}/",
        "tokens": [made.token for made in crowd.passes],
        "webinar": str(crowd.webinar.id),
    }
    command = uvicorn("eventflow.asgi:application", port=port, ws="eventflow.socket_protocol:SocketProtocol")
    with program(command, port=port, environ=environ) as server:
        return _measure(server, job, seconds, window)


def _measure(server: "subprocess.Popen[bytes]", job: dict[str, Any], seconds: float, window: int) -> dict[str, Any]:
    memory = psutil.Process(server.pid).memory_info
    with client(job) as warm_up:  # what is loaded once is not a socket's
        warm_up("open", sockets=20)
        warm_up("saturate", seconds=0.2, window=SINGLY, bytes=EVENT_BYTES)
    empty = memory().rss
    with client(job) as load:
        found: dict[str, Any] = {"open": load("open", sockets=SOCKETS)}
        found["bytesPerSocket"] = (memory().rss - empty) / SOCKETS
        found["saturated"] = _saturate(server, load, seconds, window, EVENT_BYTES)
        found["paced"] = _pace(load, seconds)
        found["bytesPerSocketAfter"] = (memory().rss - empty) / SOCKETS
        if window == SINGLY:
            found["everyone reads"] = _saturate(server, load, seconds, window, LARGE_BYTES)
            load("stop")
            if "webinar" in job:
                load("fill", events=FILLING, bytes=LARGE_BYTES)
            found["one stopped"] = _saturate(server, load, seconds, window, LARGE_BYTES)
            found["paced, one stopped"] = _pace(load, seconds)
            found["resumed"] = load("resume")
    return found


def _saturate(
    server: "subprocess.Popen[bytes]", load: Client, seconds: float, window: int, size: int
) -> dict[str, Any]:
    """The round that was disturbed least; losses of all rounds."""
    rounds = []
    for _ in range(ROUNDS):
        before = cpu_seconds(server)
        found = load("saturate", seconds=seconds, window=window, bytes=size)
        found["cpuMicroseconds"] = (cpu_seconds(server) - before) / (found["perSecond"] * seconds) * 1e6
        rounds.append(found)
    best = max(rounds, key=lambda one: one["perSecond"])
    return best | {"lost": sum(one["lost"] + one["holes"] for one in rounds), "rounds": rounds}


def _pace(load: Client, seconds: float) -> dict[str, Any]:
    rounds = [load("pace", seconds=seconds, rate=5, bytes=EVENT_BYTES) for _ in range(ROUNDS)]
    best = min(rounds, key=lambda one: one["p99"])
    return best | {"lost": sum(one["lost"] + one["holes"] for one in rounds), "rounds": rounds}


def _throughput(
    bare: dict[str, Any], single: dict[str, Any], ours: dict[str, Any], stock: dict[str, Any]
) -> list[Finding]:
    top = bare["saturated"]
    lines = []
    for what, found in (
        (f"fan-out to {SOCKETS:,} sockets, a frame for each event", single),
        (f"fan-out to {SOCKETS:,} sockets, as configured", ours),
    ):
        side = found["saturated"]
        ratio = side["perSecond"] / top["perSecond"]
        lines.append(
            Finding(
                what,
                per_second(top["perSecond"]),
                f"{per_second(side['perSecond'])} in {per_second(side['framesPerSecond'])} frames",
                ratio,
                "≥ 0.55",
                ratio >= 0.55,
                found,
            )
        )
    side = single["saturated"]
    lines.append(
        Finding(
            "fan-out, a frame for each event: server's CPU; client's share of a core",
            f"{top['cpuMicroseconds']:.1f} µs; {top['clientCpu']:.0%}",
            f"{side['cpuMicroseconds']:.1f} µs; {side['clientCpu']:.0%}",
            top["cpuMicroseconds"] / side["cpuMicroseconds"],
            data=bare,
        )
    )
    usual = stock["saturated"]
    lines.append(
        Finding(
            "for comparison: channels-redis' PubSub layer",
            per_second(top["perSecond"]),
            f"{per_second(usual['perSecond'])}, {usual['cpuMicroseconds']:.0f} µs",
            usual["perSecond"] / top["perSecond"],
            data=stock,
        )
    )
    return lines


def _the_rest(bare: dict[str, Any], single: dict[str, Any], ours: dict[str, Any]) -> list[Finding]:
    paced, stopped, resumed = ours["paced"], single["paced, one stopped"], single["resumed"]
    kept = single["one stopped"]["framesPerSecond"] / single["everyone reads"]["framesPerSecond"]
    lost = sum(found[part]["lost"] for found in (single, ours) for part in ("saturated", "paced"))
    lost_beside = single["one stopped"]["lost"] + stopped["lost"]
    size = ours["bytesPerSocket"] / 1024
    return [
        Finding(
            "delivery at 5 events/s: p99 (worst)",
            f"{milliseconds(bare['paced']['p99'])} ({milliseconds(bare['paced']['worst'])})",
            f"{milliseconds(paced['p99'])} ({milliseconds(paced['worst'])})",
            target="< 100 ms",
            met=paced["p99"] < 0.1,
        ),
        Finding("deliveries lost", str(bare["saturated"]["lost"]), str(lost), target="0", met=lost == 0),
        Finding(
            f"accepting {SOCKETS:,} sockets",
            f"{bare['open']['seconds']:.2f} s",
            f"{ours['open']['seconds']:.2f} s",
            target="< 3 s",
            met=ours["open"]["seconds"] < 3,
        ),
        Finding(
            "memory of a socket",
            f"{bare['bytesPerSocket'] / 1024:.0f} KB",
            f"{size:.0f} KB",
            target="≤ 30 KB",
            met=size <= 30,
        ),
        Finding(
            "one socket stops reading: frames to the others",
            per_second(single["everyone reads"]["framesPerSecond"]),
            per_second(single["one stopped"]["framesPerSecond"]),
            kept,
            "unchanged (≥ 0.9), 0 lost",
            kept >= 0.9 and lost_beside == 0,
        ),
        Finding(
            "one socket stops reading: p99 at 5 events/s; what it missed",
            milliseconds(single["paced"]["p99"]),
            f"{milliseconds(stopped['p99'])}; {resumed['missed']} events{', then cut off' * resumed['closed']}",
            target="< 100 ms; something, or it was not stopped",
            met=stopped["p99"] < 0.1 and (resumed["missed"] > 0 or resumed["closed"]),
        ),
    ]
