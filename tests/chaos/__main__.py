"""`make chaos`: pages, browsers and people on a site whose parts are stopped, killed and frozen; afterwards every page
must hold exactly what the database holds. Prints what happened; the exit code is 0 when every promise was kept."""

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass

import httpx

from tests.chaos.browsers import Window, windows
from tests.chaos.caller import Caller
from tests.chaos.crowd import Moderator, Poster
from tests.chaos.disturbances import Disturber
from tests.chaos.journal import Journal
from tests.chaos.page import Page
from tests.chaos.surroundings import People, Surroundings, client
from tests.chaos.verdict import (
    Shown,
    browser_difference,
    difference,
    lost_posts,
    server_errors,
    slow_calls,
    truth,
    while_frozen,
)

START_SECONDS = 60.0
SETTLE_SECONDS = 100.0
TELL_EVERY = 5.0


@dataclass(frozen=True)
class Cast:
    pages: list[Page]
    posters: list[Poster]
    moderator: Moderator
    windows: list[Window]


def main() -> int:
    options = read_options()
    print(f"seed {options.seed}: {options.pages} pages, {options.browsers} browsers, {options.seconds:.0f} s of chaos")
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    parts = Surroundings()
    try:
        parts.start()
        people = parts.people(pages=options.pages, posters=options.posters, browsers=options.browsers)
        return asyncio.run(play(parts, people, options, began))
    finally:
        parts.stop()


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--browsers", type=int, default=5)
    parser.add_argument("--posters", type=int, default=10)
    parser.add_argument("--without", nargs="*", default=[], help="disturbances with one of these in their name")
    return parser.parse_args()


async def play(parts: Surroundings, people: People, options: argparse.Namespace, began: float) -> int:
    from django.conf import settings

    from webinars.realtime.shards import shard_url

    await parts.wait_until_ready()
    journal = Journal()
    chance = random.Random(options.seed)
    async with (
        client(parts.at.http_url) as http,
        windows(
            url=parts.at.http_url,
            cookie=settings.SESSION_COOKIE_NAME,
            sessions=people.browsers,
            journal=journal,
        ) as opened,
    ):
        cast = gather_cast(people, http=http, sockets_url=parts.at.sockets_url, journal=journal, chance=chance)
        cast = Cast(cast.pages, cast.posters, cast.moderator, opened)
        await asyncio.gather(*(window.enter(people.slug) for window in opened))
        print(f"ready after {time.monotonic() - began:.1f} s")
        disturber = Disturber(
            parts=parts,
            room_url=shard_url(people.webinar_id),
            pages=cast.pages,
            windows=opened,
            journal=journal,
            chance=random.Random(options.seed + 1),
        )
        differences = await run(cast, disturber, people, options)
        await asyncio.to_thread(stored_and_closed, people)
        problems = await asyncio.to_thread(verdict, cast, disturber, people, parts, journal)
    problems = [*journal.problems, *differences, *problems]
    report(journal, disturber, cast, problems)
    print(f"{'FAILED' if problems else 'kept every promise'} (seed {options.seed}, {time.monotonic() - began:.1f} s)")
    return 1 if problems else 0


def gather_cast(
    people: People, *, http: httpx.AsyncClient, sockets_url: str, journal: Journal, chance: random.Random
) -> Cast:
    def caller(token: str) -> Caller:
        return Caller(http=http, webinar=str(people.webinar_id), token=token, journal=journal)

    def own_chance() -> random.Random:
        return random.Random(chance.getrandbits(64))

    pages = [
        Page(f"page {number}", call=caller(one.token), sockets_url=sockets_url, chance=own_chance())
        for number, one in enumerate(people.pages, start=1)
    ]
    posters = [
        Poster(f"poster {number}", call=caller(one.token), chance=own_chance())
        for number, one in enumerate(people.posters, start=1)
    ]
    moderator = Moderator(call=caller(people.moderator.token), posters=posters, chance=own_chance())
    return Cast(pages, posters, moderator, [])


async def run(cast: Cast, disturber: Disturber, people: People, options: argparse.Namespace) -> list[str]:
    """The chaos, and the calm after it. Answers what is still different on which page."""
    lasting = [asyncio.create_task(page.run()) for page in cast.pages]
    lasting.append(asyncio.create_task(tell_counts(disturber.journal)))
    posting = [asyncio.create_task(poster.run()) for poster in cast.posters]
    moderating = asyncio.create_task(cast.moderator.run())
    try:
        async with asyncio.timeout(START_SECONDS):
            while any(page.state != "live" for page in cast.pages):
                await asyncio.sleep(0.1)
        await disturber.run(seconds=options.seconds, without=options.without)
        disturber.journal.note("chaos", "calm")
        moderating.cancel()
        for poster in cast.posters:
            poster.stopping.set()
        async with asyncio.timeout(SETTLE_SECONDS):
            await asyncio.gather(*posting)
        return await settle(cast, people, disturber.journal)
    except TimeoutError:
        return ["not every page came to live, or somebody could not post any more after everything had come back"]
    finally:
        for task in (*lasting, *posting, moderating):
            task.cancel()
        await asyncio.gather(*lasting, *posting, moderating, return_exceptions=True)


async def settle(cast: Cast, people: People, journal: Journal) -> list[str]:
    """Until every page is live and the same as the database, or the time for that is over."""
    deadline = journal.now() + SETTLE_SECONDS
    while True:
        stored = await asyncio.to_thread(stored_and_closed, people)
        found = await differences(cast, stored)
        if not found or journal.now() > deadline:
            journal.note("chaos", f"settled with {len(stored)} messages, {sum(row[2] for row in stored)} deleted")
            return found
        await asyncio.sleep(0.5)


def stored_and_closed(people: People) -> Shown:
    from django.db import connections

    try:
        return truth(people.webinar_id)
    finally:
        connections.close_all()


async def differences(cast: Cast, stored: Shown) -> list[str]:
    found = [
        f"{page.name} ({page.state}): {text}"
        for page in cast.pages
        if (text := difference(page.store.shown(), stored) or ("" if page.state == "live" else "not live"))
    ]
    for window in cast.windows:
        connection = await window.connection()
        text = browser_difference(await window.shown(), stored) or ("" if connection == "live" else "not live")
        if text:
            found.append(f"{window.name} ({connection}): {text}")
    return found


async def tell_counts(journal: Journal) -> None:
    """What the minute's job does, only more often: pages hear what the server's numbers are."""
    from django.db import Error, connections
    from django.utils import timezone

    from presence.services.live_count import broadcast_counts

    def tell() -> None:
        try:
            broadcast_counts(now=timezone.now())
        finally:
            connections.close_all()

    while True:
        await asyncio.sleep(TELL_EVERY)
        with contextlib.suppress(Error):
            await asyncio.to_thread(tell)


def verdict(cast: Cast, disturber: Disturber, people: People, parts: Surroundings, journal: Journal) -> list[str]:
    from django.db import connections

    try:
        return [
            *lost_posts(journal, people.webinar_id),
            *(f"{page.name}: {text}" for page in cast.pages for text in page.store.doubled),
            *slow_calls(journal, disturber.frozen),
            *server_errors(journal, parts.logs),
            *while_frozen(journal, disturber.frozen, cast.pages)[0],
        ]
    finally:
        connections.close_all()


def report(journal: Journal, disturber: Disturber, cast: Cast, problems: list[str]) -> None:
    for event in journal.events:
        if event.who == "chaos":
            print(f"{event.at:6.1f} s  {event.what}")
    for what, statuses in journal.statuses().items():
        slowest = max(call.seconds for call in journal.calls if call.what == what)
        print(f"{what}: {statuses}, slowest {slowest:.1f} s")
    for line in while_frozen(journal, disturber.frozen, cast.pages)[1]:
        print(line)
    states = Counter(event.what.split()[0] for event in journal.events if event.who.startswith("page"))
    print(f"pages became: {dict(states)}; the moderator acted {cast.moderator.acts} times")
    print(f"{len(journal.acknowledged)} messages and {len(journal.asked)} questions were acknowledged")
    for problem in problems[:40]:
        print(f"PROBLEM {problem}")


if __name__ == "__main__":
    sys.exit(main())
