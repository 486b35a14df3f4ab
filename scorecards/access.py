"""Who may see which figures, and who publishes."""

from entities.access import Person, is_committee, is_task_force, roles
from entities.models import Entity


def can_publish(user: Person) -> bool:
    return is_task_force(user)


def can_see_provisional(user: Person) -> bool:
    """Computed but unpublished group figures answer to the task force alone."""
    return is_task_force(user)


def can_see_entity_figures(user: Person, entity: Entity) -> bool:
    """An entity's own figures: its members and the task force (counted sheets only)."""
    return is_task_force(user) or any(pk == entity.pk for _role, pk in roles(user))


def sees_entity_sheets(user: Person) -> bool:
    return is_task_force(user) or is_committee(user)
