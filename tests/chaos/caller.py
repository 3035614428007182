"""Calls of one person to the API with their pass, each of them in the journal."""

import asyncio
from typing import Any

import httpx

from tests.chaos.journal import FAILED, Call, Journal


class Refused(Exception):
    """An answer that is no success, or none at all (status 0)."""

    def __init__(self, status: int, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Caller:
    def __init__(self, *, http: httpx.AsyncClient, webinar: str, token: str, journal: Journal) -> None:
        self.http = http
        self.webinar = webinar
        self.token = token
        self.journal = journal
        self.renewal = asyncio.Lock()

    async def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """`data` of the answer. After a 401 the pass is renewed once, by whichever call meets it first."""
        used = self.token
        try:
            return await self._once(method, path, body)
        except Refused as refused:
            if refused.status != 401 or path == "token":
                raise
        async with self.renewal:
            if self.token == used:
                self.token = (await self._once("POST", "token", {}))["token"]
        return await self._once(method, path, body)

    async def _once(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        began = self.journal.now()
        status, code = FAILED, ""
        try:
            response = await self.http.request(
                method,
                f"/api/webinars/{self.webinar}/{path}",
                json=body,
                headers={"Authorization": f"Bearer {self.token}"},
            )
            status = response.status_code
            answer = response.json() if response.content else {}
            code = str(answer.get("code", ""))
            if response.is_success:
                return dict(answer.get("data") or {})
            retry_after = response.headers.get("Retry-After", "")
            raise Refused(status, code, float(retry_after) if retry_after.isdigit() else None)
        except (httpx.HTTPError, ValueError) as error:
            code = type(error).__name__
            raise Refused(status, code) from None
        finally:
            kind = path.split("?", 1)[0].split("/", 1)[0]
            seconds = self.journal.now() - began
            self.journal.calls.append(Call(began, seconds, f"{method} {kind}", status, code))
