"""Chromium for tests: one for many tests, another one where it has grown for long or died."""

import warnings
from collections.abc import Callable

from playwright.sync_api import Browser

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",  # this machine only
)
TESTS_OF_A_BROWSER = 40  # it keeps memory from each; starting another takes less than a second


class Browsers:
    """The browser of this test process; `launch` starts one."""

    def __init__(self, launch: Callable[[], Browser]) -> None:
        self._launch, self._tests = launch, 0
        self._browser: Browser | None = None

    def next(self) -> Browser:
        """Return a browser that answers, for one more test."""
        if self._browser and not self._browser.is_connected():
            warnings.warn(f"Chromium ended by itself after {self._tests} tests", stacklevel=2)
            self._browser = None
        if self._browser and self._tests >= TESTS_OF_A_BROWSER:
            self.close()
        if self._browser is None:
            self._browser, self._tests = self._launch(), 0
        self._tests += 1
        return self._browser

    def close(self) -> None:
        if self._browser:
            self._browser.close()
        self._browser = None
