"""The HTTP load client, a process of its own: `connections` callers, each asking again when it is answered.

Reads a job (JSON) from standard input, writes its findings (JSON) to standard output. It ends by itself: after
`seconds`, or when every pass was used once where the job says `once`.
"""

import json
import re
import resource
import selectors
import socket
import sys
import time
from array import array
from collections import Counter
from typing import Any

SILENCE_SECONDS = 10
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def build_requests(job: dict[str, Any]) -> list[bytes]:
    with open(job["passes"]) as file:  # noqa: PTH123
        passes = json.load(file)
    requests = []
    for token, session_id in passes:
        body = json.dumps({"session_id": session_id, "view_state": {"is_visible": True, "is_active": True}}).encode()
        head = (
            f"POST {job['path']} HTTP/1.1\r\nHost: 127.0.0.1:{job['port']}\r\nAuthorization: Bearer {token}\r\n"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept: */*\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return requests


class Caller:
    __slots__ = ("answer", "asked_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked_at = 0.0
        self.answer = b""


def whole_answer(data: bytes) -> bool:
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    if data[9:12] in (b"204", b"304"):
        return True
    length = LENGTH.search(data, 0, head + 2)
    return length is not None and len(data) >= head + 4 + int(length[1])


def run(job: dict[str, Any]) -> dict[str, Any]:
    requests = build_requests(job)
    selector = selectors.DefaultSelector()
    callers = [Caller(job["port"]) for _ in range(job["connections"])]
    latencies = array("d")
    statuses: Counter[str] = Counter()
    clock = time.perf_counter
    next_one = job.get("start", 0)
    last_one = next_one + len(requests) if job.get("once") else sys.maxsize
    outstanding = 0
    cpu_before = _cpu_seconds()
    begin = now = clock()
    end = begin + job["seconds"]
    for caller in callers:
        selector.register(caller.socket, selectors.EVENT_READ, caller)
        caller.asked_at = clock()
        caller.socket.sendall(requests[next_one % len(requests)])
        next_one += 1
        outstanding += 1
    while outstanding:
        ready = selector.select(SILENCE_SECONDS)
        if not ready:
            statuses["silence"] += outstanding
            break
        for key, _ in ready:
            caller = key.data
            data = caller.socket.recv(65536)
            if not data:
                statuses["closed"] += 1
                selector.unregister(caller.socket)
                outstanding -= 1
                continue
            caller.answer += data
            if not whole_answer(caller.answer):
                continue
            now = clock()
            latencies.append(now - caller.asked_at)
            statuses[caller.answer[9:12].decode()] += 1
            caller.answer = b""
            if now < end and next_one < last_one:
                caller.asked_at = now
                caller.socket.sendall(requests[next_one % len(requests)])
                next_one += 1
            else:
                outstanding -= 1
    spent = now - begin
    ordered = sorted(latencies)
    return {
        "requests": len(ordered),
        "perSecond": len(ordered) / spent,
        "p50": percentile(ordered, 50),
        "p99": percentile(ordered, 99),
        "statuses": dict(statuses),
        "clientCpu": (_cpu_seconds() - cpu_before) / spent,
        "next": next_one % len(requests),
    }


def percentile(ordered: list[float], share: float) -> float:
    """Nearest rank; 0 of nothing."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else 0.0


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
