"""What is asked: frameworks with their items, published baselines, what reading answers needs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from quintet.domain import crosswalk
from quintet.domain.sheets import ItemFacts
from quintet.models import (
    Crosswalk,
    Cycle,
    Framework,
    Item,
)
from un20portal.lib.errors import InvalidInput
from un20portal.lib.errors import marked as _

SOURCE_PARTS = ("document", "title", "lines", "paragraph", "address")


def framework_with_items(slug: str) -> QuerySet[Framework]:
    """The framework with its dimensions, items and bridge questions in order."""
    return Framework.objects.filter(slug=slug).prefetch_related(
        "dimensions__items__baseline", "bridge_questions"
    )


def published_baseline(item: Item) -> dict[str, Any] | None:
    """The published value that an item continues, as printed and with its limits; None without one."""
    if item.baseline is None or item.baseline.value is None:
        return None
    return {
        "value": as_printed(item.baseline.value),
        "operator": item.baseline.operator,
        "unit": item.baseline.unit,
        "year": int(item.baseline.period),
        "comparability": item.baseline_comparability,
        "source": _source(item.baseline.source),
    }


def as_printed(value: Decimal) -> str:
    """A number as text, without zeros that nobody printed."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _source(source: Mapping[str, Any]) -> str:
    # in an order of ours: PostgreSQL and SQLite give the keys of stored JSON in different ones
    return ", ".join(str(source[name]) for name in SOURCE_PARTS if source.get(name))


def current_framework() -> Framework:
    """The framework that new cycles use: the one loaded last; raises InvalidInput when there is none."""
    framework = Framework.objects.order_by("-pk").first()
    if framework is None:
        raise InvalidInput(_("There is no framework yet: run manage.py load_reference first."))
    return framework


def framework_for(cycle_code: str) -> Framework:
    """The framework of a cycle; of one that does not exist yet, the current one."""
    cycle = Cycle.objects.filter(code=cycle_code).select_related("framework").first()
    return cycle.framework if cycle else current_framework()


def item_facts(framework: Framework) -> dict[str, ItemFacts]:
    """What reading answers needs to know of each item, by code."""
    items = Item.objects.filter(framework=framework)
    return {item.code: ItemFacts(framework.highest_level, item.na_allowed) for item in items}


def item_codes(framework: Framework) -> list[str]:
    """The codes of the framework's items in its order, the one of packed levels."""
    return list(Item.objects.filter(framework=framework).in_order().values_list("code", flat=True))


def joined_frameworks() -> set[tuple[int, int]]:
    """The ids of every two different frameworks of which somebody said how they belong together."""
    return set(Crosswalk.objects.values_list("before_id", "after_id"))


def crosswalk_between(before: Framework, after: Framework) -> crosswalk.Crosswalk | None:
    """How the items of two frameworks belong together; None where nobody has said it."""
    if before == after:
        return crosswalk.identity(item_codes(before))
    stored = Crosswalk.objects.filter(before=before, after=after).first()
    return crosswalk.read(item_codes(before), item_codes(after), stored.links) if stored else None
