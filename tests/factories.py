"""A small world for tests: a framework of two capabilities, units, the cast, cycles with sheets.

What has a history is built through services; whole sheets through the one service that writes them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from entities.models import Entity, EntityType, Membership, Region, Role, User
from entities.services.tokens import create_token
from quintet.domain.answers import ANSWERED, NA, UNANSWERED, AnswerValue
from quintet.domain.evidence import Details
from quintet.domain.sheets import ImportedAnswer
from quintet.models import Area, Assessment, Cycle, Delegation, Dimension, Framework, Item, Phase, Status
from quintet.services import evidence
from quintet.services.cycles import open_cycle
from quintet.services.importing import SheetToWrite, write_sheets
from roadmap.domain.cases import CaseText
from roadmap.models import Case
from roadmap.services import cases

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
LEVELS = [
    {"value": value, "key": key, "label": key, "means": f"means {key}"}
    for value, key in enumerate(["not_started", "initiated", "in_place", "operating", "leading"])
]
Levels = Mapping[str, int | str | None]  # item code → level, "na" or None (left open)


@dataclass(frozen=True)
class Cast:
    """One person per role; the focal points and the like are those of UNDP unless named otherwise."""

    viewer: User
    focal: User
    contributor: User
    approver: User
    stranger: User  # focal point of UNICEF
    task_force: User
    second: User
    committee: User
    administrator: User


def make_framework(slug: str = "small", dimensions: tuple[str, ...] = ("DAT", "INN")) -> Framework:
    """A framework of capabilities with seven items each; only PMS may be not applicable."""
    framework = Framework.objects.create(
        slug=slug,
        version="1",
        title="Small",
        status_note="Draft",
        levels=LEVELS,
        rules=[],
        evidence_from={"capability": 1},
        source={"document": "T"},
    )
    for order, code in enumerate(dimensions):
        dimension = Dimension.objects.create(
            framework=framework, code=code, area=Area.CAPABILITY, label=code.title(), order=order
        )
        Item.objects.bulk_create(
            Item(
                framework=framework,
                dimension=dimension,
                code=f"{code}-{enabler}",
                enabler=enabler,
                order=place,
                question=f"{code} {enabler}?",
                level_texts=[f"level {level}" for level in range(5)],
                na_allowed=enabler == "PMS",
            )
            for place, enabler in enumerate(ENABLERS)
        )
    return framework


def make_region(code: str = "africa") -> Region:
    region, _made = Region.objects.get_or_create(code=code, defaults={"names": {"en": code.title()}})
    return region


def make_entity(code: str = "UNDP", **fields: object) -> Entity:
    """An organisation of CEB; `type=country_team` gets a region."""
    values: dict[str, object] = {
        "acronym": code,
        "type": EntityType.FUND_OR_PROGRAMME,
        "ceb_member": True,
        "names": {"en": f"{code} in English", "fr": f"{code} en français"},
    }
    values |= fields
    if values["type"] == EntityType.COUNTRY_TEAM:
        values.setdefault("region", make_region())
        values["ceb_member"] = False
    return Entity.objects.create(code=code, **values)


def make_entities(count: int) -> list[Entity]:
    return [make_entity(f"ENT-{number:03}") for number in range(1, count + 1)]


def make_user(name: str, role: Role | None = None, entity: Entity | None = None) -> User:
    user = _person(name)
    user.save()
    if role is not None:
        Membership.objects.create(user=user, role=role, entity=entity)
    return user


def make_cast(entity: Entity, other: Entity) -> Cast:
    """Two statements for all: nine calls of the service would be most of the time of many a test."""
    held: dict[str, tuple[Role, Entity | None]] = {
        "viewer": (Role.VIEWER, entity),
        "focal": (Role.FOCAL_POINT, entity),
        "contributor": (Role.CONTRIBUTOR, entity),
        "approver": (Role.APPROVER, entity),
        "stranger": (Role.FOCAL_POINT, other),
        "taskforce": (Role.TASK_FORCE, None),
        "second": (Role.TASK_FORCE, None),
        "committee": (Role.COMMITTEE, None),
        "administrator": (Role.ADMINISTRATOR, None),
    }
    people = User.objects.bulk_create(_person(name) for name in held)
    Membership.objects.bulk_create(
        Membership(user=person, role=role, entity=unit)
        for person, (role, unit) in zip(people, held.values(), strict=True)
    )
    return Cast(*people)


def _person(name: str) -> User:
    password = make_password("correct horse battery")
    return User(email=f"{name}@example.org", password=password, name=name.title())


def make_token(user: User, scope: str = "write") -> str:
    """The value of an Authorization header with a token of `user`."""
    return f"Bearer {create_token(user=user, scope=scope, days=30, at=timezone.now())}"


def make_cycle(framework: Framework, code: str = "2026", **fields: object) -> Cycle:
    values: dict[str, object] = {"opens_on": date(2026, 9, 15), "closes_on": date(2026, 12, 18)}
    return Cycle.objects.create(code=code, title=f"Cycle {code}", framework=framework, **values | fields)


def case_text(**said: Any) -> CaseText:
    """What a case may say."""
    text = CaseText("DAT", "STR", "A plan", "None had one.", "We wrote one.", "It is used.", 2025, "", "en")
    return replace(text, **said)


def make_case(entity: Entity, by: User, *, is_shown: bool = True, **said: Any) -> Case:
    """A case that its focal point has written, and shown."""
    case = cases.write_case(entity=entity, text=case_text(**said), by=by, at=AT)
    if is_shown:
        cases.show_case(case=case, version=1, by=by, at=AT)
        case.refresh_from_db()
    return case


def make_open_cycle(framework: Framework, entities: Iterable[Entity], by: User, code: str = "2026") -> Cycle:
    cycle = make_cycle(framework, code)
    open_cycle(cycle=cycle, entities=list(entities), by=by, at=AT)
    cycle.refresh_from_db()
    return cycle


def fill(
    cycle: Cycle, sheets: Mapping[Entity, Levels], status: Status = Status.VALIDATED, at: datetime = AT
) -> None:
    """Write whole sheets in one status; items that are not named are left open."""
    items = list(Item.objects.filter(framework=cycle.framework_id).values_list("code", flat=True))
    write_sheets(
        cycle=cycle,
        sheets=[
            SheetToWrite(entity, status, {item: _imported(levels.get(item)) for item in items})
            for entity, levels in sheets.items()
        ],
        at=at,
        channel="import",
    )


def make_counted_cycle(framework: Framework, sheets: Mapping[Entity, Levels], code: str = "2026") -> Cycle:
    """A cycle in validation whose sheets are all validated."""
    cycle = make_cycle(framework, code, phase=Phase.VALIDATION)
    fill(cycle, sheets)
    return cycle


def sheet_of(cycle: Cycle, entity: Entity) -> Assessment:
    return Assessment.objects.select_related("cycle__framework", "entity").get(cycle=cycle, entity=entity)


def delegate(sheet: Assessment, item: str, user: User) -> Delegation:
    """Hand one item of a sheet to a contributor."""
    asked = Item.objects.get(framework=sheet.cycle.framework_id, code=item)
    return Delegation.objects.create(assessment=sheet, item=asked, user=user, handed_at=AT)


def later(minutes: int) -> datetime:
    return AT + timedelta(minutes=minutes)


def _imported(level: int | str | None) -> ImportedAnswer:
    if level is None:
        return ImportedAnswer(AnswerValue(UNANSWERED, comment="left open"), None)
    if level == "na":
        return ImportedAnswer(AnswerValue(NA, na_reason="no programmes"), None)
    assert isinstance(level, int)
    return ImportedAnswer(AnswerValue(ANSWERED, level, comment="evidence"), None)


def write_link(
    *, assessment: Assessment, item: Item, url: str, details: Details, channel: str = "demo"
) -> None:
    """Attach a link that nobody sent to an item."""
    evidence.write_links([evidence.LinkToWrite(assessment, item, url, details)], at=AT, channel=channel)
