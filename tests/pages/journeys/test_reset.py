"""A password that was forgotten: from the sign-in page through the mailbox to being signed in, and what is over then."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from infra.local.machine import Machine
from tests.pages.steps import SLOW_MS, heading, look_over, person, sign_in, sign_up

EMAIL = "forgetful@northwind.example"
ANEW = "seven herons over the weir"


def newest(mails: Page, machine: Machine, subject: str) -> None:
    """The newest mail of the mailbox, which is about that."""
    mails.goto(machine.mailbox_url)
    expect(mails.get_by_role("heading", level=1)).to_have_text(subject)
    expect(mails.get_by_text(f"To {EMAIL}")).to_be_visible()


def ask(page: Page) -> None:
    """Ask for a link, from the sign-in page on."""
    page.goto("/sign-in")
    page.get_by_role("link", name="Forgot password?").click()
    heading(page, "Forgot your password?")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_role("button", name="Send the link").click()
    said = page.locator("div[tabindex='-1']").filter(has_text="Look into your mailbox.")
    expect(said).to_be_focused(timeout=SLOW_MS)


def test_a_forgotten_password_is_replaced_by_a_link_in_the_mailbox(chromium: Browser, machine: Machine) -> None:
    wrong: list[str] = []
    elsewhere = person(chromium, machine)
    theirs = elsewhere.new_page()
    sign_up(theirs, email=EMAIL)

    context = person(chromium, machine)
    page = context.new_page()
    ask(page)
    look_over(page, wrong)

    mails = context.new_page()
    newest(mails, machine, "Choose a new password for Daybook")
    link = mails.get_by_role("link", name=f"{machine.url}/reset#")
    address = link.inner_text()
    link.click()
    heading(mails, "Choose a new password")
    expect(mails.get_by_label("Email")).to_have_value(EMAIL)
    mails.get_by_label("New password", exact=True).fill("short")
    mails.get_by_role("button", name="Change password").click()
    expect(mails.get_by_text("Use at least 12 characters.")).to_be_visible()
    mails.get_by_label("New password", exact=True).fill(ANEW)
    look_over(mails, wrong)
    mails.get_by_role("button", name="Change password").click()
    heading(mails, "Sign in")
    expect(mails.locator("div[tabindex='-1']").filter(has_text="Your password is changed.")).to_be_focused(
        timeout=SLOW_MS
    )
    expect(mails.get_by_label("Email")).to_have_value(EMAIL)
    assert "#" not in mails.url
    look_over(mails, wrong)

    sign_in(mails, email=EMAIL)  # by the old one
    expect(mails.get_by_text("Email or password is not right.")).to_be_visible(timeout=SLOW_MS)
    mails.get_by_label("Password", exact=True).fill(ANEW)
    mails.get_by_role("button", name="Sign in", exact=True).click()
    expect(mails.get_by_text("Connect your first channel.")).to_be_visible(timeout=SLOW_MS)

    theirs.goto("/usage")
    heading(theirs, "Sign in")
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_text("This link was used already")).to_be_visible()
    page.get_by_role("button", name="Ask for a new link").click()
    heading(page, "Forgot your password?")
    expect(page.get_by_label("Email")).to_be_focused()
    newest(page, machine, "Your Daybook password was changed")
    elsewhere.close()
    context.close()
    assert not wrong, "\n".join(wrong)
