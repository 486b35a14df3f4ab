"""Watching what a browser does beside the page: whatever goes wrong there is noted."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

LEFT_BY_THE_BROWSER = "net::ERR_ABORTED"  # a download, or a page that was left while it loaded
TOLD_BY_THE_RESPONSE = "Failed to load resource"


def note_trouble(context: BrowserContext, noted: list[str]) -> None:
    """Note errors of scripts and of the console, refused and failed requests of all pages of `context`."""

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(TOLD_BY_THE_RESPONSE):
            noted.append(f"console: {message.text}")

    def thrown(error: WebError) -> None:
        noted.append(f"script: {error.error}")

    def failed(request: Request) -> None:
        if request.failure != LEFT_BY_THE_BROWSER:
            noted.append(f"{request.failure}: {request.method} {request.url}")

    def answered(response: Response) -> None:
        if response.status >= 400:
            noted.append(f"{response.status}: {response.request.method} {response.url}")

    context.on("console", said)
    context.on("weberror", thrown)
    context.on("requestfailed", failed)
    context.on("response", answered)
