"""Who may do what with cases. Row filters are in models (`visible_to`)."""

from entities.access import Person, has_role, is_task_force
from entities.models import Entity, Role
from roadmap.models import Case


def can_write_cases(user: Person, entity: Entity | int) -> bool:
    """Write, change and show the cases of an entity."""
    return has_role(user, Role.FOCAL_POINT, entity)


def can_withdraw(user: Person, case: Case) -> bool:
    """Take a shown case back: its focal points, and the task force that answers for the page."""
    return can_write_cases(user, case.entity_id) or is_task_force(user)
