"""One-time codes: from the card through an app that reads its picture to signing in with them, and without again."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import zxingcpp
from playwright.sync_api import Browser, BrowserContext, Page, expect

from infra.local.machine import Machine
from tests.pages.steps import SLOW_MS, heading, look_over, person, sign_in, sign_up
from tests.support.people import Phone

EMAIL = "careful@northwind.example"
# A picture as a phone's camera has it: its width, and each dot's brightness.
GREY = """async (png) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    canvas.drawImage(picture, 0, 0);
    const dots = canvas.getImageData(0, 0, picture.width, picture.height).data;
    return [picture.width, Array.from({ length: dots.length / 4 }, (_, at) => dots[at * 4])];
}"""


def read_picture(context: BrowserContext, page: Page) -> str:
    """What the QR code on the page says, read from what is drawn."""
    png = b64encode(page.locator("svg.qr").screenshot()).decode()
    camera = context.new_page()
    width, dots = camera.evaluate(GREY, png)
    camera.close()
    (found,) = zxingcpp.read_barcodes(memoryview(bytes(dots)).cast("B", (len(dots) // width, width)))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return str(found.text)


def phone_of(address: str) -> Phone:
    """An app that has read it."""
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", f"/Daybook:{EMAIL}")
    return Phone(parse_qs(parts.query)["secret"][0], lambda: datetime.now(UTC))


def turn_on(context: BrowserContext, page: Page, wrong: list[str]) -> tuple[Phone, list[str]]:
    page.goto("/workspace")
    page.get_by_role("button", name="Set up").click()
    page.emulate_media(color_scheme="dark")
    phone = phone_of(read_picture(context, page))
    look_over(page, wrong)
    typed = page.locator(".app-key code").inner_text().replace(" ", "")
    assert Phone(typed, lambda: datetime.now(UTC)).shows() == phone.shows()
    field = page.get_by_label("Code that the app shows now")
    field.fill("000000")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("Enter what the app shows now.")).to_be_visible()
    field.fill(phone.shows())
    page.get_by_role("button", name="Turn on").click()
    shown = page.get_by_role("region", name="Recovery codes, shown this once")
    expect(shown).to_be_focused()
    look_over(page, wrong)
    recovery = shown.locator("code").inner_text().split("\n")
    assert len(set(recovery)) == 10
    shown.get_by_role("button", name="Done").click()
    expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()
    expect(page.get_by_role("complementary").get_by_text("One-time codes")).to_be_visible()
    return phone, recovery


def enter(page: Page) -> None:
    page.goto("/sign-in")
    sign_in(page, email=EMAIL)
    expect(page.get_by_label("One-time code")).to_be_focused(timeout=SLOW_MS)


def test_a_second_step_is_set_up_asked_for_and_turned_off(chromium: Browser, machine: Machine) -> None:
    wrong: list[str] = []
    context = person(chromium, machine)
    page = context.new_page()
    sign_up(page, email=EMAIL)
    phone, recovery = turn_on(context, page, wrong)

    elsewhere = person(chromium, machine).new_page()
    enter(elsewhere)
    expect(elsewhere.locator(".notice.error, .wrong")).to_have_count(0)  # it is asked, not refused
    look_over(elsewhere, wrong)
    elsewhere.get_by_label("One-time code").fill("000000")
    elsewhere.get_by_role("button", name="Sign in", exact=True).click()
    expect(elsewhere.get_by_text("A code works once")).to_be_visible(timeout=SLOW_MS)
    elsewhere.get_by_label("One-time code").fill(phone.shows(1))  # that of now has set it up
    elsewhere.get_by_role("button", name="Sign in", exact=True).click()
    expect(elsewhere.get_by_text("Connect your first channel.")).to_be_visible(timeout=SLOW_MS)

    lost = person(chromium, machine).new_page()
    enter(lost)
    lost.get_by_label("One-time code").fill(recovery[0].upper())
    lost.get_by_role("button", name="Sign in", exact=True).click()
    expect(lost.get_by_text("Connect your first channel.")).to_be_visible(timeout=SLOW_MS)
    lost.goto("/workspace")
    expect(lost.get_by_text("9 recovery codes are left.")).to_be_visible()
    lost.get_by_role("button", name="Turn off").click()
    look_over(lost, wrong)
    lost.get_by_role("button", name="Turn off").click()
    expect(lost.get_by_role("button", name="Set up")).to_be_visible()

    again = person(chromium, machine).new_page()
    again.goto("/sign-in")
    sign_in(again, email=EMAIL)
    expect(again.get_by_text("Connect your first channel.")).to_be_visible(timeout=SLOW_MS)
    for visitor in (page, elsewhere, lost, again):
        visitor.context.close()
    assert wrong == []


def test_codes_are_set_up_by_keys_alone_on_a_phone(chromium: Browser, machine: Machine) -> None:
    context = person(chromium, machine, viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_up(page, email="thumbs@northwind.example")
    page.goto("/workspace")
    heading(page, "Workspace settings")
    page.get_by_role("button", name="Set up").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Read this with an authenticator app")).to_be_visible()
    key = page.locator(".app-key code").inner_text().replace(" ", "")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Code that the app shows now")).to_be_focused()
    page.keyboard.type(Phone(key, lambda: datetime.now(UTC)).shows())
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Recovery codes, shown this once")).to_be_focused()
    context.close()
