"""Invented points for decision, labelled, only for trying the portal out."""

from datetime import datetime

from django.db import transaction

from entities.models import User
from quintet.models import Cycle
from scorecards.models import DecisionPoint
from scorecards.services.deciding import add_point

INVENTED = [
    {
        "verb": "requests",
        "body": "hlcm",
        "text": "entities to say what keeps data programmes for Member States from being at work (invented)",
        "action": "Entities report to the next session; the task force brings the answers together.",
        "figure": "basis=accepted&group=entities&item=DAT-PMS",
    },
    {
        "verb": "invites",
        "body": "hlcp",
        "text": "entities ahead in behavioural science to share their experts with two others (invented)",
        "action": "The task force makes a list of offers and needs before the next cycle.",
        "figure": "basis=accepted&dimension=BES&group=entities",
    },
    {
        "verb": "encourages",
        "body": "ceb",
        "text": "entities to ask their personnel each year whether they can speak up safely (invented)",
        "action": "",
        "figure": "basis=accepted&group=entities&item=CUL-INT-2",
    },
]


@transaction.atomic
def write_points(*, cycle: Cycle, by: User, at: datetime) -> list[DecisionPoint]:
    """Write the invented points for the next version of a cycle; raise what `add_point` raises."""
    return [add_point(cycle=cycle, by=by, at=at, language="en", **said) for said in INVENTED]
