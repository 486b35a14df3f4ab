"""Who may do what with cycles, sheets and answers. Row filters are in models (`visible_to`)."""

from entities.access import Person, entities_with, has_role, is_task_force
from entities.models import ENTITY_ROLES, Entity, Role
from quintet.domain.workflow import RUNNING, is_possible
from quintet.models import COUNTED, Assessment, Delegation, Item, Thread
from un20portal.lib.errors import marked as _


def can_manage_cycles(user: Person) -> bool:
    return is_task_force(user)


def can_see_completion(user: Person) -> bool:
    """Completion of all units, never draft contents."""
    return is_task_force(user)


def can_export_everything(user: Person) -> bool:
    """Take out all sheets of a cycle that count, in one file."""
    return is_task_force(user)


def can_review(user: Person) -> bool:
    """Decide on requests, accept levels, validate, return, reopen."""
    return is_task_force(user)


def can_decide(user: Person, assessment: Assessment) -> bool:
    """Decide on items: as long as the sheet can be validated."""
    return can_review(user) and is_possible(
        "validate", status=assessment.status, phase=assessment.cycle.phase
    )


def can_rate_second(user: Person, assessment: Assessment) -> bool:
    """Rate items a second time: as long as the sheet counts and its cycle runs, validated or not."""
    return can_review(user) and assessment.status in COUNTED and assessment.cycle.phase in RUNNING


def is_focal_point(user: Person, assessment: Assessment) -> bool:
    return has_role(user, Role.FOCAL_POINT, assessment.entity_id)


def is_approver(user: Person, assessment: Assessment) -> bool:
    return has_role(user, Role.APPROVER, assessment.entity_id)


def can_edit(user: Person, assessment: Assessment, item: Item) -> bool:
    """The focal point edits everything; a contributor the items delegated to this account."""
    if is_focal_point(user, assessment):
        return True
    return (
        has_role(user, Role.CONTRIBUTOR, assessment.entity_id)
        and Delegation.objects.filter(assessment=assessment, item=item, user=user.pk).exists()
    )


def can_delegate(user: Person, assessment: Assessment) -> bool:
    """Hand items to colleagues, and see who owes what."""
    return is_focal_point(user, assessment)


def can_submit(user: Person, assessment: Assessment) -> bool:
    return is_focal_point(user, assessment)


def can_sign_off(user: Person, assessment: Assessment) -> bool:
    """The approver of the entity, never of a sheet that the same account submitted or answered in."""
    return is_approver(user, assessment) and not sign_off_obstacle(user, assessment)


def sign_off_obstacle(user: Person, assessment: Assessment) -> str:
    """Why an approver may not sign off this one sheet, not translated; "" where nothing is in the way."""
    if assessment.submitted_by_id == user.pk:
        return _("The person who submitted an assessment cannot sign it off.")
    if Assessment.objects.answered_by(user).filter(pk=assessment.pk).exists():
        return _("You have answered in this assessment, so another approver has to sign it off.")
    return ""


def editable_items(user: Person, assessment: Assessment) -> set[int] | None:
    """Return the ids of the items `user` may edit now; None stands for all of them."""
    if not assessment.is_editable:
        return set()
    return answerable_items(user, assessment)


def answerable_items(user: Person, assessment: Assessment) -> set[int] | None:
    """Return the ids of the items `user` answers whenever the sheet can be edited; None stands for all."""
    if is_focal_point(user, assessment):
        return None
    if not has_role(user, Role.CONTRIBUTOR, assessment.entity_id):
        return set()
    delegations = Delegation.objects.filter(assessment=assessment, user=user.pk)
    return set(delegations.values_list("item_id", flat=True))


def readable_items(user: Person, assessment: Assessment) -> set[int] | None:
    """Return the ids of the items whose answers `user` may read; None stands for all of them."""
    if is_focal_point(user, assessment) or is_approver(user, assessment):
        return None
    if assessment.status in COUNTED and (
        is_task_force(user) or has_role(user, Role.VIEWER, assessment.entity_id)
    ):
        return None
    delegations = Delegation.objects.filter(assessment=assessment, user=user.pk)
    return set(delegations.values_list("item_id", flat=True))


def can_read(user: Person, assessment: Assessment, item: Item) -> bool:
    """Read the answer to this item of the sheet."""
    readable = readable_items(user, assessment)
    return readable is None or item.pk in readable


def works_with_sheets(user: Person) -> bool:
    """To others (committee, administrators, people without a role) sheets do not exist."""
    return is_task_force(user) or bool(
        entities_with(user, Role.FOCAL_POINT, Role.APPROVER, Role.CONTRIBUTOR, Role.VIEWER)
    )


def drafted_items(user: Person, assessment: Assessment) -> set[int] | None:
    """Return the ids of the items whose earlier texts `user` may read; None stands for all of them.

    Viewers and the task force see what was submitted, never how it was drafted.
    """
    if is_focal_point(user, assessment) or is_approver(user, assessment):
        return None
    if not has_role(user, Role.CONTRIBUTOR, assessment.entity_id):
        return set()
    delegations = Delegation.objects.filter(assessment=assessment, user=user.pk)
    return set(delegations.values_list("item_id", flat=True))


def can_read_history(user: Person, assessment: Assessment) -> bool:
    """The life of answers is read by those who work on them; a contributor reads that of one's own items."""
    return drafted_items(user, assessment) != set()


def discusses_inside(user: Person, assessment: Assessment, item: Item) -> bool:
    """Those of the entity who work on the item: they read all that is said on it."""
    drafted = drafted_items(user, assessment)
    return drafted is None or item.pk in drafted


def discusses_as_task_force(user: Person, assessment: Assessment) -> bool:
    """The task force takes part as long as it may read the sheet, in threads that are open to it."""
    return is_task_force(user) and assessment.status in COUNTED


def can_open_thread(user: Person, assessment: Assessment, item: Item) -> bool:
    return discusses_inside(user, assessment, item) or discusses_as_task_force(user, assessment)


def can_post(user: Person, thread: Thread) -> bool:
    """Whoever reads a thread may write in it and settle it (`Thread.objects.visible_to` finds them)."""
    if discusses_inside(user, thread.assessment, thread.item):
        return True
    return thread.with_task_force and discusses_as_task_force(user, thread.assessment)


def belongs_to(user: Person, entity: Entity) -> bool:
    """Whether the entity's own path exists for `user`: to everybody else it does not."""
    return entity.pk in entities_with(user, *ENTITY_ROLES)


def can_read_own_path(user: Person, entity: Entity) -> bool:
    """The entity's targets, weights and own questions are for those who read its whole sheet, nobody else."""
    return entity.pk in entities_with(user, Role.FOCAL_POINT, Role.APPROVER, Role.VIEWER)


def can_set_own_path(user: Person, entity: Entity) -> bool:
    return has_role(user, Role.FOCAL_POINT, entity)
