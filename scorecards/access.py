"""Who may see which figures, and who publishes."""

from entities.access import Person, is_task_force, roles


def can_publish(user: Person) -> bool:
    return is_task_force(user)


def can_see_provisional(user: Person) -> bool:
    """Computed but unpublished group figures answer to the task force alone."""
    return is_task_force(user)


def entities_with_figures_for(user: Person) -> set[int] | None:
    """Ids of the entities whose own figures their member `user` may see; None: all, for the task force."""
    return None if is_task_force(user) else {pk for _role, pk in roles(user) if pk is not None}
