"""A real browser for journeys: headless Chromium, driven by Playwright, on loopback only.

Where there is no Chromium the tests that need it are skipped by name, except where CI=true.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, FilePayload, Locator, Page, async_playwright

PATIENCE = 15_000
"""Milliseconds that anything may take."""

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str:
    """Where Chromium is; skips the test if it is nowhere."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium is installed")
        pytest.skip("no Chromium is installed")
    return found


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser, closed at the end."""
    path = executable()
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(eq=False)
class Person:
    """Somebody at an open page: she sees what stands there, types and taps."""

    page: Page

    @property
    def mine(self) -> Locator:
        """The private conversation."""
        return self.page.locator("#me")

    @property
    def room(self) -> Locator:
        """The office's room."""
        return self.page.locator("#room")

    async def last(self) -> str:
        """The newest thing that was said to her."""
        said = await self.mine.locator(".group .said").last.inner_text()
        return said.removeprefix("村监助手").strip()

    async def hears(self, words: str, *, room: bool = False) -> str:
        """Wait until something with these words stands there; the newest such text."""
        log = self.room if room else self.mine
        found = log.locator(".group .said", has_text=words).last
        await found.wait_for(state="attached", timeout=PATIENCE)
        return await found.inner_text()

    async def turned(self, act: Awaitable[object]) -> str:
        """Do something in private and wait for the answer; the newest text."""
        before = await self._newest()
        await act
        for _ in range(PATIENCE // 25):
            if await self._newest() > before:
                await asyncio.sleep(0.08)  # what comes in the same breath
                return await self.last()
            await asyncio.sleep(0.025)
        raise AssertionError(f"no answer after: {await self.last()}")

    async def _newest(self) -> int:
        numbers = await self.mine.locator(".group").evaluate_all(
            "groups => groups.map((group) => Number(group.dataset.id))"
        )
        return max(numbers, default=0)

    async def says(self, words: str) -> str:
        """Type and send; the answer."""

        async def act() -> None:
            await self.page.fill("#text", words)
            await self.page.click("#send")

        return await self.turned(act())

    async def presses(self, label: str) -> str:
        """Tap the newest button with this on it; the answer."""
        button = self.mine.locator(".row button", has_text=label).last
        return await self.turned(button.click(timeout=PATIENCE))

    async def presses_card(self, label: str) -> None:
        """Tap the button that says just this, on the newest card in the room."""
        button = self.room.get_by_role("button", name=label, exact=True).last
        await button.click(timeout=PATIENCE)

    async def toast(self) -> str:
        """The short word or the alert that she is shown."""
        shown = self.page.locator("#toast:not([hidden]), dialog[open] p").first
        await shown.wait_for(timeout=PATIENCE)
        words = await shown.inner_text()
        if await self.page.locator("dialog[open]").count():
            await self.page.locator("dialog button").click()
        return words

    async def attaches(self, *files: FilePayload, into: str = "#photo") -> str:
        """Choose files in one go; the answer."""
        return await self.turned(self.page.set_input_files(into, list(files)))
