"""The clock of a page, turned on by the test: nobody waits for the pauses that the page makes."""

from playwright.sync_api import Page


def stop(page: Page) -> None:
    """Stop the clock of a page: nothing that waits comes before the test lets time pass."""
    page.clock.install(time=0)
    page.clock.pause_at(3_600)


def let_pass(page: Page, seconds: int) -> None:
    """Let time pass on a page whose clock is in our hands, second by second: what is due is done."""
    for _second in range(seconds):
        page.clock.run_for(1_000)
