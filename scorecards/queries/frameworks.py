"""What the engine knows of a framework."""

from django.db.models import QuerySet

from quintet.models import Dimension, Framework, Item
from scorecards.domain.figures import FrameworkShape
from scorecards.domain.scoring import METHOD, ItemShape
from un20portal.lib.canonical import canonical_json, sha256


def framework_shape(framework: Framework) -> FrameworkShape:
    """Return what the engine knows of a framework."""
    dimensions: dict[str, list[ItemShape]] = {}
    items = Item.objects.filter(framework=framework).in_order().select_related("dimension")
    for item in items:
        dimensions.setdefault(item.dimension.code, []).append(ItemShape(item.code, item.weight, item.enabler))
    return FrameworkShape(framework.highest_level, dimensions)


def asked_dimensions(framework_id: int) -> QuerySet[Dimension]:
    """The dimensions in which something is asked, in framework order: those of `framework_shape`."""
    return Dimension.objects.filter(framework=framework_id, items__isnull=False).distinct()


def area_weights(framework: Framework) -> dict[str, dict[str, int]]:
    """Return the weight of each dimension in its area; no framework says otherwise than 1 so far."""
    areas: dict[str, dict[str, int]] = {}
    for area, code in asked_dimensions(framework.pk).values_list("area", "code"):
        areas.setdefault(area, {})[code] = 1
    return areas


def shape_sha256(framework: FrameworkShape) -> str:
    """Return the hash of all that decides what packed levels mean."""
    items = {
        code: [[item.code, item.weight, item.enabler] for item in shapes]
        for code, shapes in framework.dimensions.items()
    }
    return sha256(canonical_json([framework.highest_level, list(items.items())]))


def made_with(framework: FrameworkShape) -> dict[str, str]:
    """What stored figures are marked with: they say what they say in this method, of this framework alone."""
    return {"method": METHOD, "shape_sha256": shape_sha256(framework)}
