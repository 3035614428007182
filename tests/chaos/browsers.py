"""Real browsers on the real live page."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from playwright.async_api import BrowserContext, Page, async_playwright, expect

from eventflow.testing.chromium import launch_options
from tests.chaos.journal import Journal

SHOWN = """() => [...document.querySelectorAll("[data-chat-list] [data-key]")]
    .map(({ dataset }) => [Number(dataset.seq), dataset.key, dataset.state])"""
CONNECTION = "[data-connection-view]"


class Window:
    """One page in a browser context of its own."""

    def __init__(self, name: str, *, context: BrowserContext, page: Page, journal: Journal) -> None:
        self.name = name
        self.context = context
        self.page = page
        page.on("pageerror", lambda error: journal.problem(f"{name}: a script failed: {error}"))

    async def enter(self, webinar: str) -> None:
        await self.page.goto(f"/webinars/{webinar}/live/")
        await expect(self.page.locator(CONNECTION)).to_have_attribute("data-connection", "live", timeout=60_000)

    async def be_offline(self, seconds: float) -> None:
        await self.context.set_offline(True)
        await asyncio.sleep(seconds)
        await self.context.set_offline(False)

    async def shown(self) -> list[tuple[int, str, bool]]:
        """As the page has them, in its order: number, id, whether it is shown as removed."""
        return [(seq, key, state == "deleted") for seq, key, state in await self.page.evaluate(SHOWN)]

    async def connection(self) -> str:
        return await self.page.locator(CONNECTION).get_attribute("data-connection") or ""


@contextlib.asynccontextmanager
async def windows(*, url: str, cookie: str, sessions: Sequence[str], journal: Journal) -> AsyncIterator[list[Window]]:
    """One for each session cookie."""
    if not sessions:
        yield []
        return
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        found = []
        for number, session in enumerate(sessions, start=1):
            context = await browser.new_context(base_url=url, locale="ko-KR")
            await context.add_cookies([{"name": cookie, "value": session, "url": url}])
            found.append(Window(f"browser {number}", context=context, page=await context.new_page(), journal=journal))
        yield found
        await browser.close()
