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


def entities_with_figures_for(user: Person) -> set[int] | None:
    """The same as a row filter: ids of the entities whose figures `user` may see; None: all of them."""
    return None if is_task_force(user) else {pk for _role, pk in roles(user) if pk is not None}


def sees_entity_sheets(user: Person) -> bool:
    return is_task_force(user) or is_committee(user)
