"""Simulated attendees: they come, watch, chat, lose interest and come back, through the doors everybody uses.

`python -m eventflow.demo.attendees WEBINAR --count N --http URL --sockets URL`. Their passes come from
`manage.py issue_passes`; everything after that (track, ping, chat, websocket, renewal, exit) goes to the real doors,
at the intervals the server hands out. A server that is away is asked less and less often, with chance in the pauses.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import random
import signal
import sys
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets

from eventflow.demo import texts

ENTER_WITHIN_SECONDS = 45.0
SILENT_SECONDS = 90.0  # no frame for so long, though heartbeats come more often: the line is dead
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
REISSUE_SECONDS = 60.0
RENEW_BEFORE_SECONDS = 200.0
CLOSED_PAUSE = 30.0  # the webinar is over: look again whether it has started anew


Doing = Callable[[], Awaitable[None]]


class Away(Exception):
    """The server could not be reached, or said that it cannot answer now."""


class Refused(Exception):
    """The server answered, and the answer is no."""

    def __init__(self, status: int, code: str, retry_after: float) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Backoff:
    """1 s, 2 s, 4 s … 30 s, each with chance in it, so that a crowd does not return as one."""

    def __init__(self) -> None:
        self.next = FIRST_PAUSE

    async def wait(self) -> None:
        await asyncio.sleep(random.uniform(0.5, 1.0) * self.next)
        self.next = min(LONGEST_PAUSE, self.next * 2)

    def reset(self) -> None:
        self.next = FIRST_PAUSE


@dataclass
class Crowd:
    """What the attendees share: the addresses, a connection pool, their passes, a tally for the log."""

    webinar: str
    http: httpx.AsyncClient
    sockets: str
    tokens: list[str]
    issued_at: float = field(default_factory=time.monotonic)
    issuing: asyncio.Lock = field(default_factory=asyncio.Lock)
    tally: Counter[str] = field(default_factory=Counter)
    inside: int = 0

    async def new_token(self, number: int) -> str:
        """For a pass that can no longer be renewed. All are made anew at once, as they expired together."""
        async with self.issuing:
            if time.monotonic() - self.issued_at > REISSUE_SECONDS:
                self.tokens = await issue_passes(self.webinar, count=len(self.tokens))
                self.issued_at = time.monotonic()
        return self.tokens[number]


class Attendee:
    def __init__(self, crowd: Crowd, number: int) -> None:
        self.crowd = crowd
        self.number = number
        self.token = crowd.tokens[number]
        self.session_id = ""
        self.intervals: dict[str, float] = {}
        self.renewal = asyncio.Lock()
        self.greeted = False
        self.page_id = ""
        self.page_since = 0

    async def live(self) -> None:
        """Come, stay for a while, go, and perhaps come back; until cancelled."""
        await asyncio.sleep(random.uniform(0, ENTER_WITHIN_SECONDS))
        backoff = Backoff()
        while True:
            try:
                await self.visit(minutes=random.choice([3, 8, 15, 25, 40]))
                backoff.reset()
                await asyncio.sleep(away_seconds())
            except Away:
                self.crowd.tally["away"] += 1
                await backoff.wait()
            except Refused as refused:
                self.crowd.tally[f"refused {refused.status} {refused.code}"] += 1
                if refused.status in (401, 403, 404):
                    return  # a lost pass or a ban: this person is not coming back by itself
                await asyncio.sleep(max(refused.retry_after, CLOSED_PAUSE))

    async def visit(self, *, minutes: float) -> None:
        if self.renewal_pause() <= 0:
            await self.renew(instead_of=self.token)
        await self.track(fresh=True)
        self.page_id, self.page_since = uuid.uuid4().hex, int(time.time() * 1000)
        self.crowd.inside += 1
        socket = asyncio.create_task(self.listen())
        try:
            await self.stay(until=time.monotonic() + minutes * 60 * random.uniform(0.6, 1.4))
        finally:
            self.crowd.inside -= 1
            socket.cancel()
            with contextlib.suppress(Away, Refused, asyncio.CancelledError):
                await asyncio.wait_for(self.leave(), timeout=2)

    async def stay(self, *, until: float) -> None:
        pauses: dict[Doing, Callable[[], float]] = {
            self.ping: self.ping_pause,
            self.track: lambda: self.intervals["trackSeconds"],
            self.chat: chat_pause,
            self.ask: ask_pause,
            self.vote: vote_pause,
            self.renew_in_time: self.renewal_pause,
        }
        due = {doing: time.monotonic() + pause() for doing, pause in pauses.items()}
        while (moment := min(due.values())) < until:
            await asyncio.sleep(max(0.0, moment - time.monotonic()))
            doing = min(due, key=due.__getitem__)
            await self.patiently(doing)
            due[doing] = time.monotonic() + max(1.0, pauses[doing]())
        await asyncio.sleep(max(0.0, until - time.monotonic()))

    async def patiently(self, call: Doing) -> None:
        """Like the page: at most three more tries, then it waits for its next turn."""
        backoff = Backoff()
        for _ in range(4):
            try:
                await call()
                return
            except Away:
                self.crowd.tally["away"] += 1
                await backoff.wait()
            except Refused as refused:
                if refused.status == 429:
                    await asyncio.sleep(refused.retry_after)
                elif call in (self.chat, self.ask, self.vote) and refused.status != 401:
                    self.crowd.tally[f"refused {refused.code}"] += 1  # muted, or switched off: they go on listening
                    return
                else:
                    raise

    def ping_pause(self) -> float:
        jitter = self.intervals["pingJitterSeconds"]
        return self.intervals["pingSeconds"] + random.uniform(-jitter, jitter)

    def renewal_pause(self) -> float:
        """Seconds until the pass should be renewed: in good time, and not at the same moment as everybody's."""
        return expiry_of(self.token) - time.time() - RENEW_BEFORE_SECONDS - random.uniform(0, 60)

    async def renew_in_time(self) -> None:
        await self.renew(instead_of=self.token)

    async def track(self, *, fresh: bool = False) -> None:
        if fresh:
            self.session_id = str(uuid.uuid4())
        data = await self.call("POST", "access/track", {"session_id": self.session_id, "referrer": ""})
        if data["session"] == "closed":
            return await self.track(fresh=True)
        self.intervals = data["intervals"]
        self.crowd.tally["tracks"] += 1
        return None

    async def ping(self) -> None:
        body = {"session_id": self.session_id, "view_state": {"is_visible": True, "is_active": True}}
        data = await self.call("POST", "presence/ping", body)
        self.crowd.tally["pings"] += 1
        if data.get("session") == "closed":
            await self.track(fresh=True)

    async def leave(self) -> None:
        await self.call("POST", "access/exit", {"session_id": self.session_id})
        self.crowd.tally["exits"] += 1

    async def chat(self) -> None:
        line = random.choice(texts.REMARKS if self.greeted else texts.GREETINGS)
        self.greeted = True
        await self.call("POST", "messages", {"body": line, "client_id": str(uuid.uuid4())})
        self.crowd.tally["messages"] += 1

    async def ask(self) -> None:
        question = random.choice(texts.CROWD_QUESTIONS)
        body = {"body": question, "client_id": str(uuid.uuid4()), "is_anonymous": random.random() < 0.2}
        await self.call("POST", "questions", body)
        self.crowd.tally["questions"] += 1

    async def vote(self) -> None:
        """For one of those that are shown, rather for one that others like, too."""
        found = (await self.call("GET", "questions"))["questions"]
        open_ones = [
            question
            for question in found
            if question["status"] == "published" and not question["mine"] and not question["voted"]
        ]
        if not open_ones:
            return
        [chosen] = random.choices(open_ones, [1 + question["votes"] for question in open_ones])
        await self.call("POST", f"questions/{chosen['id']}/upvote", {})
        self.crowd.tally["votes"] += 1

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """`data` of the answer. An expired pass is renewed once, by whichever call meets it first."""
        token = self.token
        response = await self.send(method, path, body)
        if response.status_code == 401:
            await self.renew(instead_of=token)
            response = await self.send(method, path, body)
        if response.status_code >= 500:
            raise Away
        if response.is_error:
            answer = json_of(response)
            raise Refused(response.status_code, answer.get("code", ""), retry_after_of(response))
        return json_of(response).get("data") or {}

    async def send(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        url = f"/api/webinars/{self.crowd.webinar}/{path}"
        try:
            return await self.crowd.http.request(
                method, url, json=body, headers={"Authorization": f"Bearer {self.token}"}
            )
        except httpx.HTTPError:
            raise Away from None

    async def renew(self, *, instead_of: str) -> None:
        async with self.renewal:
            if self.token != instead_of:
                return
            response = await self.send("POST", "token", {})
            if response.status_code == 401:  # too late to renew: the server was away for longer than a pass lives
                self.token = await self.crowd.new_token(self.number)
            elif response.is_success:
                self.token = json_of(response)["data"]["token"]
                self.crowd.tally["renewals"] += 1
            else:
                raise Away

    async def listen(self) -> None:
        """Keep a websocket open and read what comes, as the page does; reconnect with a growing pause."""
        backoff = Backoff()
        url = f"{self.crowd.sockets}/ws/webinars/{self.crowd.webinar}/?page={self.page_id}&since={self.page_since}"
        while True:
            token = self.token
            try:
                protocols = [websockets.Subprotocol("eventflow.v1"), websockets.Subprotocol(f"bearer.{token}")]
                async with websockets.connect(url, subprotocols=protocols, compression=None, proxy=None) as socket:
                    self.crowd.tally["sockets"] += 1
                    while True:
                        frame = json.loads(await asyncio.wait_for(socket.recv(), timeout=SILENT_SECONDS))
                        backoff.reset()
                        self.crowd.tally["events"] += len(frame.get("events", ()))
            except websockets.ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 0
                if code in (4403, 4404):
                    return
                if code == 4401:
                    with contextlib.suppress(Away, Refused):
                        await self.renew(instead_of=token)
            except (OSError, websockets.WebSocketException, TimeoutError):
                pass
            self.crowd.tally["reconnects"] += 1
            await backoff.wait()


def expiry_of(token: str) -> float:
    """Seconds since the epoch. Read from the pass without its key, as the page is told beside it."""
    payload = token.split(".")[1]
    return float(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"])


def away_seconds() -> float:
    """Mostly a moment, and now and then long enough to be missed in the count of people present."""
    return random.choices([random.uniform(20, 150), random.uniform(240, 540)], [2, 1])[0]


def chat_pause() -> float:
    return min(900.0, random.expovariate(1 / 200) + 8)


def ask_pause() -> float:
    """About once an hour: 25 people give a host something to do every few minutes."""
    return random.expovariate(1 / 3600) + 40


def vote_pause() -> float:
    return random.expovariate(1 / 420) + 20


def json_of(response: httpx.Response) -> dict[str, Any]:
    try:
        return dict(response.json())
    except ValueError:
        return {}


def retry_after_of(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else 5.0


async def issue_passes(webinar: str, *, count: int) -> list[str]:
    """Tokens from `manage.py issue_passes`. Raises Away when it cannot make them now."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "manage.py", "issue_passes", webinar, "--count", str(count), "--group", "crowd", "--yes",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    if process.returncode:
        raise Away
    return [json.loads(line)["token"] for line in output.decode().splitlines()]


async def crowd_of(webinar: str, *, count: int, http: str, sockets: str) -> None:
    backoff = Backoff()
    while True:
        try:
            tokens = await issue_passes(webinar, count=count)
            break
        except Away:
            await backoff.wait()
    limits = httpx.Limits(max_connections=max(20, count), max_keepalive_connections=max(20, count))
    async with httpx.AsyncClient(base_url=http, timeout=10, limits=limits, trust_env=False) as client:
        crowd = Crowd(webinar, client, sockets, tokens)
        people = [asyncio.create_task(Attendee(crowd, number).live()) for number in range(count)]
        report = asyncio.create_task(tell(crowd))
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
        report.cancel()
        for person in people:
            person.cancel()
        await asyncio.wait(people, timeout=2.5)


async def tell(crowd: Crowd) -> None:
    """A line a minute: how many are inside and what they did."""
    while True:
        await asyncio.sleep(60)
        did = ", ".join(f"{count} {what}" for what, count in sorted(crowd.tally.items()))
        print(
            f"{time.strftime('%H:%M:%S')} {crowd.inside} inside; since the last line: {did or 'nothing'}", flush=True
        )
        crowd.tally.clear()


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulated attendees of one webinar.")
    parser.add_argument("webinar")
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--http", required=True, help="http://host:port")
    parser.add_argument("--sockets", required=True, help="ws://host:port")
    options = parser.parse_args()
    asyncio.run(crowd_of(options.webinar, count=options.count, http=options.http, sockets=options.sockets))


if __name__ == "__main__":
    main()
