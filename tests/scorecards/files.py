"""Figures as files: asked for as a reader does, read back as rows and as a drawing."""

import csv
import io
from xml.etree import ElementTree as ET

from django.test import Client

from un20portal.lib.csv_rows import BOM

FILES = "/scorecards/2026/figures/"
SVG = "{http://www.w3.org/2000/svg}"
DC = "{http://purl.org/dc/elements/1.1/}"


def rows(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(FILES + address)
    assert answer.status_code == 200, answer.content
    text = answer.content.decode()
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


def drawing(client: Client, address: str, prefix: str = "") -> ET.Element:
    answer = client.get(prefix + FILES + address)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
    return ET.fromstring(answer.content)  # noqa: S314  # our own file


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]
