"""A colleague is invited, answers on a phone, and the focal point accepts: with the mail as it was sent."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from entities.models import Role
from quintet.models import Answer, Cycle, Delegation, Item
from quintet.services.delegating import hand_over
from quintet.services.inviting import invite
from tests import factories
from tests.conftest import NewContext
from tests.journeys.conftest import OPEN_ITEM, Portal
from tests.journeys.test_accessibility import findings
from un20portal.outbox.services import run_errands

SignIn = Callable[[Page, str], None]
COLLEAGUE = "nora@example.org"
NEW_PASSWORD = "four words of her own"


def window(new_context: NewContext, width: int, *, script: bool = True) -> Page:
    context = new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    return context.new_page()


def link_in_the_mail(portal: Portal) -> str:
    """The address in the letter to the colleague, on the host of this test."""
    run_errands(now=timezone.now)
    [letter] = [letter for letter in mail.outbox if letter.to == [COLLEAGUE]]
    found = re.search(r"https?://[^/\s]+(/\S*invitations/\S+)", str(letter.body))
    assert found, letter.body
    return portal.address + found[1]


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without"])
def test_a_colleague_is_invited_answers_and_is_accepted(
    portal: Portal, new_context: NewContext, sign_in: SignIn, trouble: list[str], script: bool
) -> None:
    focal, colleague = window(new_context, 1280, script=script), window(new_context, 390, script=script)

    # the focal point chooses one item and invites somebody by e-mail
    sign_in(focal, "focal")
    focal.goto(f"{portal.address}/assessments/{portal.sheet}/")
    focal.get_by_role("link", name="Hand items to colleagues").click()
    focal.get_by_text("Single items: Data").click()
    focal.get_by_label(OPEN_ITEM).check()
    focal.get_by_label("Your words to the colleague").fill("You wrote the strategy: which level is it?")
    focal.get_by_label("E-mail address").fill(COLLEAGUE)
    focal.get_by_label("Name", exact=False).fill("Nora")
    focal.get_by_role("button", name="Send the invitation").click()
    expect(focal.get_by_role("status")).to_contain_text(f"The invitation to {COLLEAGUE} is on its way.")
    expect(focal.get_by_role("main")).to_contain_text("can be accepted until")

    # the colleague follows the link on a phone, and chooses a password
    link = link_in_the_mail(portal)
    colleague.goto(link)
    assert colleague.url == f"{portal.address}/invitations/accept/"
    colleague.locator("#id_password1").fill(NEW_PASSWORD)
    colleague.locator("#id_password2").fill(NEW_PASSWORD)
    colleague.get_by_role("button", name="Make the account and begin").click()
    colleague.wait_for_url(f"**/assessments/{portal.sheet}/")

    # she sees this item alone, and answers it
    expect(colleague.locator(".dimension-card")).to_have_count(1)
    colleague.get_by_role("link", name="Data", exact=True).click()
    expect(colleague.locator(".item-card")).to_have_count(1)
    card = colleague.locator(f"#{OPEN_ITEM}")
    expect(card).to_contain_text("Handed to you")
    card.get_by_role("radio", name=re.compile("^2 ")).check()
    card.get_by_label("Comment and evidence").fill("Approved in May.")
    card.get_by_role("button", name="Save").click()
    expect(card.locator(".save-state")).to_contain_text("Saved")
    if script:  # it is asked by script
        assert not colleague.evaluate("document.documentElement.scrollWidth > innerWidth")

    # the focal point sees it and accepts it
    focal.reload()
    row = focal.get_by_role("row").filter(has_text=OPEN_ITEM)
    expect(row).to_contain_text("level 2")
    expect(row).to_contain_text("accept or change")
    row.get_by_role("checkbox").check()
    focal.get_by_role("button", name="Accept the ticked answers").click()
    expect(focal.get_by_role("status")).to_contain_text("1 answer is accepted")
    expect(focal.get_by_role("row").filter(has_text=OPEN_ITEM)).to_contain_text("done")
    accepted = Delegation.objects.get()
    assert accepted.settled_version == Answer.objects.get(assessment=portal.sheet, item=accepted.item).version

    # the link worked once
    stranger = window(new_context, 390)
    stranger.goto(link)
    expect(stranger.locator(".note-error:focus")).to_contain_text("used already")
    assert trouble == [f"409: GET {stranger.url}"]
    trouble.clear()


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_the_way(
    portal: Portal, new_context: NewContext, sign_in: SignIn, width: int
) -> None:
    undp, focal, now = portal.undp, portal.people["focal"], timezone.now()
    sheet = factories.sheet_of(portal.cycle, undp)
    items = list(Item.objects.filter(code__startswith="DAT-"))
    to = factories.make_user("helper", Role.CONTRIBUTOR, undp)
    Cycle.objects.update(closes_on=timezone.localdate() + timedelta(days=9))
    due_on = timezone.localdate()
    hand_over(assessment=sheet, items=items, to=to, by=focal, at=now, due_on=due_on)
    invite(assessment=sheet, items=items, email=COLLEAGUE, by=focal, at=now, due_on=due_on)
    page = window(new_context, width)
    assert findings(page, link_in_the_mail(portal)) == []
    sign_in(page, "focal")
    handed = f"{portal.address}/assessments/{sheet.pk}/delegations/"
    assert findings(page, handed) == []
    assert findings(page, handed.replace("/assessments", "/ar/assessments")) == []


def test_items_are_chosen_and_sent_with_the_keyboard_alone(
    portal: Portal, new_context: NewContext, sign_in: SignIn
) -> None:
    page = window(new_context, 1280)
    sign_in(page, "focal")
    page.goto(f"{portal.address}/assessments/{portal.sheet}/delegations/")
    page.locator("input[name=dimensions]").first.focus()
    page.keyboard.press("Space")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(COLLEAGUE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is on its way")
