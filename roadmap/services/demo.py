"""Invented cases, labelled, only for trying the portal out."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from entities.models import Entity, User
from roadmap.domain.cases import CaseText
from roadmap.services.cases import show_case, write_case

INVENTED: list[tuple[str, CaseText, bool]] = [
    (
        "UNICEF",
        CaseText(
            capability="DAT",
            enabler="STR",
            title="One page instead of a thick data strategy (invented)",
            problem="The data strategy had ninety pages, and few knew what it asked of them.",
            done="Each office wrote one page: three decisions that data should inform, and who makes them.",
            outcome="Pages are looked at twice a year. Half of the decisions changed after the first look.",
            year=2024,
            url="https://example.org/one-page",
            language="en",
        ),
        True,
    ),
    (
        "UNDP",
        CaseText(
            capability="DAT",
            enabler="TRN",
            title="Learning data skills on one's own questions (invented)",
            problem="Courses were well visited, and little of them was used afterwards.",
            done="People brought a question of their own work, and left with an answer they had found.",
            outcome="Two in three still used what they had learnt after half a year.",
            year=2025,
            url="",
            language="en",
        ),
        True,
    ),
    (
        "UNICEF",
        CaseText(
            capability="INN",
            enabler="FUN",
            title="Un petit fonds pour de petits essais (exemple inventé)",
            problem="Les idées attendaient un an avant de recevoir un premier financement.",
            done="Chaque bureau décide de petits montants, et dit après trois mois ce qu'il a appris.",
            outcome="Douze essais en un an, dont trois sont devenus des programmes.",
            year=2025,
            url="",
            language="fr",
        ),
        True,
    ),
    (
        "UNICEF",
        CaseText(
            capability="BES",
            enabler="",
            title="A letter that is read to its end (invented)",
            problem="Few parents came back for the second vaccination.",
            done="Two versions of a reminder were sent, one of them short and with a day already set.",
            outcome="With the short one a fifth more came back.",
            year=2023,
            url="",
            language="en",
        ),
        True,
    ),
    (
        "UNDP",
        CaseText(
            capability="FOR",
            enabler="LED",
            title="Leaders draw the future once a year (invented)",
            problem="Plans went on from the year before.",
            done="Each leader described three futures of the office, and what would have to be done in all.",
            outcome="Still to be seen.",
            year=2025,
            url="",
            language="en",
        ),
        False,
    ),
]


@transaction.atomic
def create_cases(*, authors: Mapping[str, User], at: datetime) -> None:
    """Write the invented cases, by the demo author of each entity; the last one stays a draft."""
    for code, text, is_shown in INVENTED:
        by = authors[code]
        case = write_case(entity=Entity.objects.get(code=code), text=text, by=by, at=at)
        if is_shown:
            show_case(case=case, version=case.version, by=by, at=at)
