"""A random run of an expert's device: what may happen to it in the field, step by step, and what
it has said it keeps. Played against the real pages in a real browser."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Any

from PIL import Image, ImageColor
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from playwright.sync_api import Error as BrowserError

FIELD = "/expert/field/"
UPLOAD = "**/expert/field/records"
KEPT = "草稿，已存在本机"
PATIENCE = 60_000
CLOCK = "Date.now = ((real, by) => () => real() + by)(Date.now.bind(Date), {hours} * 3600000);"


@dataclass
class Run:
    """One device, its tabs, and what it has promised: item → the value last said to be kept."""

    browser: Browser
    address: str
    cookies: Any
    place: str
    """Visit and session, as the page's address has them."""
    rng: random.Random
    planted: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Script → what in it is replaced by what: faults that must be found. Without a worker then."""
    change_version: Callable[[], None] = lambda: None
    """Puts another version of the rubric in force on the site."""
    promised: dict[str, str] = field(default_factory=dict)
    photos: int = 0
    """Photos that the page has said are kept."""
    steps: list[str] = field(default_factory=list)
    tabs: list[Page] = field(default_factory=list)
    offline: bool = False
    clock: str = ""

    def __post_init__(self) -> None:
        self.context = self._opened()
        self.open()
        if not self.planted:
            packed = self.tabs[0].locator("body[data-packed]")
            expect(packed).to_be_attached(timeout=PATIENCE)

    def _opened(self) -> BrowserContext:
        context = self.browser.new_context(
            storage_state=self.cookies,
            viewport={"width": 390, "height": 800},
            service_workers="block" if self.planted else "allow",
        )
        for name, (old, new) in self.planted.items():
            context.route(f"**/field/{name}", partial(_replace, old, new))
        context.on("dialog", lambda dialog: dialog.accept())
        return context

    def open(self) -> None:
        """One more tab on the session."""
        page = self.context.new_page()
        if self.clock:
            page.add_init_script(self.clock)
        self._go(page)
        self.tabs.append(page)

    def _go(self, page: Page, *, anew: bool = False) -> None:
        if anew:
            page.reload()
        else:
            page.goto(f"{self.address}{FIELD}#{self.place}")
        expect(page.locator("body[data-ready]")).to_be_attached(timeout=PATIENCE)
        expect(page.locator("#state")).to_be_attached(timeout=PATIENCE)

    @property
    def pens(self) -> list[Page]:
        """Tabs in which the session is open to be written."""
        return [page for page in self.tabs if page.locator("#finish:enabled").count()]

    def play(self, count: int) -> None:
        """So many steps, drawn at random."""
        known = PLANTED_STEPS if self.planted else sorted(STEPS)
        for _ in range(count):
            name = self.rng.choice(known)
            self.steps.append(name)
            STEPS[name](self)

    def settle(self) -> None:
        """All is well again: one tab, the network, the clock; what is written is delivered."""
        self.steps.append("settle")
        self.clock = ""
        for page in self.tabs:
            page.close()
        self.tabs.clear()
        self.context.unroute(UPLOAD)
        self.context.set_offline(False)
        room(self, full=False)
        self.open()
        page = self.tabs[0]
        page.locator("#finish").click()
        expect(page.locator("#lists")).to_be_visible(timeout=PATIENCE)
        if self.promised or self.photos:
            expect(page.locator("#count-delivered")).to_have_text("1", timeout=PATIENCE)

    def close(self) -> None:
        """The device is put away."""
        self.context.close()


def tap(run: Run) -> None:
    """A level is chosen and the page says that it is kept; only then is it a promise."""
    for page in run.pens[:1]:
        item, value = run.rng.choice(["e1", "e2", "e3", "e4"]), run.rng.choice("1234")
        page.locator(f"input[name={item}][value='{value}']").evaluate(
            "one => { one.checked = true;"
            " one.dispatchEvent(new Event('change', {bubbles: true})); }"
        )
        if kept(page):
            run.promised[item] = value


def write(run: Run) -> None:
    """Something is typed."""
    for page in run.pens[:1]:
        value = f"第{run.rng.randrange(10_000)}句：“看到”\\ {{}}"
        page.locator("[name=strength]").evaluate(
            "(one, text) => { one.value = text;"
            " one.dispatchEvent(new Event('input', {bubbles: true})); }",
            value,
        )
        if kept(page):
            run.promised["strength"] = value


def take_photo(run: Run) -> None:
    """A photo is chosen, nothing in it hidden, and kept."""
    for page in run.pens[:1]:
        photos = page.locator("#item-e1 .photos li")
        before = photos.count()
        colours = ImageColor.getrgb(f"#{run.rng.randrange(16**6):06x}")
        content = BytesIO()
        Image.new("RGB", (40, 30), colours).save(content, "PNG")
        file = {"name": "a.png", "mimeType": "image/png", "buffer": content.getvalue()}
        page.locator("input[data-photo=e1]").set_input_files(file)
        page.get_by_role("button", name="用这张", exact=True).click()
        expect(page.locator(".blur")).to_have_count(0, timeout=PATIENCE)
        expect(page.locator("body[data-photo-done]")).to_be_attached(timeout=PATIENCE)
        if kept(page) and photos.count() > before:
            run.photos += 1


def kept(page: Page) -> bool:
    """Whether the page says that what it shows is stored."""
    expect(page.locator("body")).not_to_have_attribute("data-saving", "yes", timeout=PATIENCE)
    return page.locator("#state").inner_text() == KEPT


def finish(run: Run) -> None:
    """The record is put among those that wait, and the session opened again."""
    for page in run.pens[:1]:
        page.locator("#finish").click()
        expect(page.locator("#lists")).to_be_visible(timeout=PATIENCE)
        run._go(page)


def reload(run: Run) -> None:
    """A tab is loaded anew."""
    if run.tabs:
        run._go(run.rng.choice(run.tabs), anew=True)


def kill(run: Run) -> None:
    """All tabs die at once, in the middle of whatever they do."""
    for page in run.tabs:
        page.close(run_before_unload=False)
    run.tabs.clear()
    run.open()


def second_tab(run: Run) -> None:
    """The session is opened twice."""
    if len(run.tabs) < 3:
        run.open()


def close_tab(run: Run) -> None:
    """The first tab goes; another one has the pen, or takes it."""
    if len(run.tabs) > 1:
        run.tabs.pop(0).close()
        until = time.monotonic() + PATIENCE / 1000
        while not run.pens:
            assert time.monotonic() < until, "nobody has the pen"
            run.tabs[0].wait_for_timeout(20)


def network(run: Run) -> None:
    """The signal comes or goes."""
    run.offline = not run.offline
    run.context.set_offline(run.offline)


def answers(status: int, *, after: bool) -> Callable[[Run], None]:
    """The next upload gets this status, after it has been stored or instead."""

    def step(run: Run) -> None:
        def reply(route: Route) -> None:
            try:
                if after:
                    route.fetch()
                route.fulfill(status=status, body="no")
            except BrowserError:
                pass  # the tab has gone meanwhile

        run.context.unroute(UPLOAD)
        run.context.route(UPLOAD, reply, times=1)

    return step


def room(run: Run, *, full: bool) -> None:
    """The disk is full, or no longer."""
    for page in run.tabs or [run.context.new_page()]:
        session = run.context.new_cdp_session(page)
        quota = {"quotaSize": 1} if full else {}
        session.send("Storage.overrideQuotaForOrigin", {"origin": run.address, **quota})
        session.detach()
        if page not in run.tabs:
            page.close()


def clock_jump(run: Run) -> None:
    """The clock of the device is wrong from the next load on."""
    run.clock = CLOCK.format(hours=run.rng.choice([-9000, -30, 26, 9000]))


STEPS: Mapping[str, Callable[[Run], None]] = {
    "tap": tap,
    "tap again": tap,
    "write": write,
    "photo": take_photo,
    "new version": lambda run: run.change_version(),
    "finish": finish,
    "reload": reload,
    "kill": kill,
    "second tab": second_tab,
    "close tab": close_tab,
    "network": network,
    "500 after storing": answers(500, after=True),
    "500": answers(500, after=False),
    "413": answers(413, after=False),
    "disk full": lambda run: room(run, full=True),
    "disk free": lambda run: room(run, full=False),
    "clock jump": clock_jump,
}

PLANTED_STEPS = ("tap", "finish", "500", "413", "reload")
"""What a planted fault shows itself by, without a worker."""


def lost(run: Run, uploads: list[bytes], photos: set[str]) -> str:
    """What was promised and does not stand in any upload that the site keeps, or ''. ``photos``:
    hashes of those that have come and are kept."""
    least = ""
    for content in uploads:
        told = json.loads(content)
        answers = {name: values[0] for name, values in told["answers"].items()}
        missing = {i: v for i, v in run.promised.items() if answers.get(i) != v}
        came = [one for one in told["photos"] if one["sha256"] in photos]
        if not missing and len(came) >= run.photos:
            return ""
        least = f"{missing or ''} {len(came)} of {run.photos} photos"
    return least or f"{run.promised}, {run.photos} photos: nothing arrived"


def _replace(old: str, new: str, route: Route) -> None:
    reply = route.fetch()
    text = reply.text()
    assert old in text, old
    route.fulfill(response=reply, body=text.replace(old, new))
