"""Who may see which figures, who publishes, and who lets others read a unit's own figures."""

from entities.access import Person, entities_with, has_role, is_committee, is_task_force
from entities.models import ENTITY_ROLES, Entity, Role
from quintet.access import answerable_items, can_read_own_path
from quintet.models import Assessment, Cycle
from scorecards.domain.visibility import Audience, Reader, may_see
from scorecards.models import AskingConsent, Consent


def can_publish(user: Person) -> bool:
    return is_task_force(user)


def can_see_provisional(user: Person) -> bool:
    """Computed but unpublished group figures answer to the task force alone."""
    return is_task_force(user)


def can_group(user: Person) -> bool:
    """Custom groups are for the task force alone: to everybody else there are none."""
    return is_task_force(user)


def can_share(user: Person, entity: Entity) -> bool:
    """Whom the unit lets read its own figures is the word of its approver, who releases its sheet, too."""
    return has_role(user, Role.APPROVER, entity)


def entities_of_member(user: Person) -> set[int]:
    """Return the ids of the entities for which `user` holds a role: members know who reads their figures."""
    return entities_with(user, *ENTITY_ROLES)


def audiences_of(cycle: Cycle) -> dict[int, Audience]:
    """Return the latest word of each unit that said whom it lets read its figures, by entity id."""
    words = Consent.objects.filter(cycle=cycle).order_by("pk").values_list("entity_id", "audience")
    return {entity_id: Audience(audience) for entity_id, audience in words}


def askable_entities(cycle: Cycle) -> set[int]:
    """Return the ids of the units that, by their latest word, others may ask where they are ahead."""
    words = AskingConsent.objects.filter(cycle=cycle).order_by("pk").values_list("entity_id", "may_be_asked")
    return {entity_id for entity_id, may_be_asked in dict(words).items() if may_be_asked}


def entities_with_figures_for(user: Person, cycle: Cycle, *, is_published: bool = True) -> set[int] | None:
    """Return the ids of the entities whose own figures `user` may see, if they have any; None: all.

    `is_published` is false for figures that are computed and not published.
    """
    everywhere = _readers_everywhere(user)

    def is_open(readers: set[Reader], audience: Audience) -> bool:
        return may_see(readers, is_counted=True, is_published=is_published, audience=audience)

    if is_open(everywhere, Audience.NOBODY):
        return None
    own, audiences = entities_of_member(user), audiences_of(cycle)
    return {
        pk
        for pk in own | audiences.keys()
        if is_open(everywhere | ({Reader.MEMBER} if pk in own else set()), audiences.get(pk, Audience.NOBODY))
    }


def _readers_everywhere(user: Person) -> set[Reader]:
    found = set()
    if is_task_force(user):
        found.add(Reader.TASK_FORCE)
    if is_committee(user):
        found.add(Reader.COMMITTEE)
    return found


def items_with_levels_for(user: Person, sheet: Assessment) -> set[int] | None:
    """Ids of the items whose levels are in a receipt for a reader of the unit's figures; None: all.

    Letting others read figures opens no answers: they are read by those who read the sheet itself, and by a
    contributor as far as they were handed over.
    """
    reads_all = is_task_force(user) or can_read_own_path(user, sheet.entity)
    return None if reads_all else answerable_items(user, sheet)
