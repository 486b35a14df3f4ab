"""A browser that ended by itself costs the test that had it, and no later one."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Error

from tests.browsers import TESTS_OF_A_BROWSER, Browsers

LaunchBrowser = Callable[[], Browser]


def test_another_one_is_started_where_it_died(launch_browser: LaunchBrowser) -> None:
    browsers = Browsers(launch_browser)
    first = browsers.next()
    with pytest.raises(Error):
        first.new_browser_cdp_session().send("Browser.crash")
    with pytest.warns(UserWarning, match="ended by itself after 1 tests"):
        second = browsers.next()
    assert second.new_page().title() == ""
    assert not first.is_connected()
    browsers.close()


def test_it_is_renewed_before_it_has_grown(launch_browser: LaunchBrowser) -> None:
    browsers = Browsers(launch_browser)
    first = browsers.next()
    assert all(browsers.next() is first for _ in range(TESTS_OF_A_BROWSER - 1))
    assert browsers.next() is not first
    assert not first.is_connected()
    browsers.close()
