"""The demo cast: one person per role, labelled, only for trying the portal out."""

from django.db import transaction

from entities.models import Entity, Role, User
from entities.services.people import grant_role

DOMAIN = "demo.un20.example"
CAST: list[tuple[str, str, Role, str | None]] = [
    ("viewer.undp", "Vera Viewer (demo)", Role.VIEWER, "UNDP"),
    ("focal.undp", "Fatou Focal (demo)", Role.FOCAL_POINT, "UNDP"),
    ("contributor.undp", "Carlos Contributor (demo)", Role.CONTRIBUTOR, "UNDP"),
    ("approver.undp", "Amina Approver (demo)", Role.APPROVER, "UNDP"),
    ("focal.unicef", "Feng Focal (demo)", Role.FOCAL_POINT, "UNICEF"),
    ("approver.unicef", "Arjun Approver (demo)", Role.APPROVER, "UNICEF"),
    ("taskforce", "Tatiana Taskforce (demo)", Role.TASK_FORCE, None),
    ("taskforce.second", "Sami Second (demo)", Role.TASK_FORCE, None),
    ("committee", "Celia Committee (demo)", Role.COMMITTEE, None),
    ("admin", "Adam Admin (demo)", Role.ADMINISTRATOR, None),
]


@transaction.atomic
def create_cast(*, password: str) -> list[User]:
    """Create the people of the cast with one password, in the order of CAST."""
    people = []
    for name, full_name, role, code in CAST:
        user = User.objects.create_user(f"{name}@{DOMAIN}", password, name=full_name, is_demo=True)
        grant_role(user=user, role=role, entity=Entity.objects.get(code=code) if code else None)
        people.append(user)
    return people
