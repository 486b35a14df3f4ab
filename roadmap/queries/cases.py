"""Cases as pages and programs list them."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.utils.translation import gettext

from entities.access import Person, entities_with
from entities.models import Entity, Role
from roadmap.domain.cases import CAPABILITIES, LABELS, STORY, CaseText, is_said_alike
from roadmap.models import Case, CaseEvent, CaseStep

DRAFTS_IN_MY_WORK = 5


@dataclass(frozen=True)
class CapabilityCount:
    """How many cases of one capability are shown."""

    code: str
    n: int


@dataclass(frozen=True)
class OwnCases:
    """All withdrawn drafts and the last others up to a few, and how many there are in all."""

    drafts: Sequence[Case]
    n_drafts: int

    @property
    def n_more(self) -> int:
        return self.n_drafts - len(self.drafts)


@dataclass(frozen=True)
class Record:
    """What happened to a case, the oldest step first."""

    case: Case
    events: Sequence[CaseEvent]

    @property
    def withdrawal(self) -> CaseEvent | None:
        """Why a draft that was shown is no longer."""
        steps = [event for event in self.events if event.step == CaseStep.WITHDRAWN]
        return steps[-1] if steps and not self.case.is_shown else None


@dataclass(frozen=True)
class Difference:
    """A part of a case that says something else now: what it is called, and both, as people read them."""

    label: str
    before: str
    now: str


@dataclass(frozen=True)
class Revision:
    """What an entity changed of the text that the task force withdrew last; enough where words changed."""

    withdrawal: CaseEvent
    differences: Sequence[Difference]
    is_enough: bool


def shown_cases() -> QuerySet[Case]:
    """What everybody reads, the newest first; with `changed_at`."""
    return _dated(Case.objects.shown()).select_related("entity")


def shown_in_lists() -> QuerySet[Case]:
    """The same without the long texts and `changed_at`."""
    return Case.objects.shown().select_related("entity").defer(*STORY)


def cases_for(user: Person) -> QuerySet[Case]:
    """Every case that exists for this person; with `changed_at`."""
    return _dated(Case.objects.visible_to(user)).select_related("entity")


def _dated(found: QuerySet[Case]) -> QuerySet[Case]:
    """Each with `changed_at`: when its text was changed last after it was shown first; else None."""
    shown_before = CaseEvent.objects.filter(case=OuterRef("case"), step=CaseStep.SHOWN, pk__lt=OuterRef("pk"))
    changes = CaseEvent.objects.filter(Exists(shown_before), case=OuterRef("pk"), step=CaseStep.CHANGED)
    return found.annotate(changed_at=Subquery(changes.order_by("-pk").values("at")[:1]))


def drafts_of(user: Person) -> QuerySet[Case]:
    """The drafts of the entities whose focal point this person is, without long texts.

    Those that are withdrawn come first, then where something happened last. Each has its `withdrawals`, the
    last one first: who withdrew it, when, and why.
    """
    drafts = Case.objects.drafts().filter(entity__in=entities_with(user, Role.FOCAL_POINT))
    withdrawn = _events().filter(step=CaseStep.WITHDRAWN).order_by("-pk")
    with_withdrawals = Prefetch("events", queryset=withdrawn, to_attr="withdrawals")
    told = drafts.select_related("entity").defer(*STORY).prefetch_related(with_withdrawals)
    steps = CaseEvent.objects.filter(case=OuterRef("pk")).order_by("-pk")
    in_order = told.annotate(is_withdrawn=_was_withdrawn(), last_step=Subquery(steps.values("pk")[:1]))
    return in_order.order_by("-is_withdrawn", "-last_step")


def _was_withdrawn() -> Exists:
    return Exists(CaseEvent.objects.filter(case=OuterRef("pk"), step=CaseStep.WITHDRAWN))


def own_cases(user: Person) -> OwnCases | None:
    """What “My work” tells focal points of their cases; None for everybody else."""
    if not entities_with(user, Role.FOCAL_POINT):
        return None
    drafts = drafts_of(user)
    listed = max(DRAFTS_IN_MY_WORK, drafts.filter(_was_withdrawn()).count())
    return OwnCases(list(drafts[:listed]), drafts.count())


def record_of(case: Case) -> Record:
    """All its steps, without the texts."""
    return Record(case, list(_events().filter(case=case)))


def revision_of(case: Case) -> Revision | None:
    """What is different from what the task force withdrew; None for a case that it never withdrew."""
    events = case.events.filter(step=CaseStep.WITHDRAWN, is_by_task_force=True)
    withdrawal = events.select_related("by").prefetch_related("by__memberships__entity").order_by("pk").last()
    if withdrawal is None:
        return None
    text = CaseText(**json.loads(withdrawal.text))
    before, now = _as_read(Case(**asdict(text))), _as_read(case)
    differences = [
        Difference(LABELS[name], before[name], now[name]) for name in LABELS if before[name] != now[name]
    ]
    return Revision(withdrawal, differences, not is_said_alike(text, case.text))


def _as_read(case: Case) -> dict[str, str]:
    """What a case says, by the names of its parts: choices by their words."""
    read = {name: str(said) for name, said in asdict(case.text).items()}
    chosen = {
        "capability": case.get_capability_display(),
        "enabler": case.get_enabler_display() or gettext("none in particular"),
        "language": case.get_language_display(),
    }
    return read | {name: str(said) for name, said in chosen.items()}


def _events() -> QuerySet[CaseEvent]:
    return CaseEvent.objects.defer("text").select_related("by").prefetch_related("by__memberships__entity")


def entities_to_write_for(user: Person) -> QuerySet[Entity]:
    """The entities whose focal point this person is."""
    return Entity.objects.filter(pk__in=entities_with(user, Role.FOCAL_POINT))


def counts_by_capability() -> list[CapabilityCount]:
    """How many cases are shown of each of the five capabilities, in their order."""
    found = dict(Case.objects.shown().order_by().values_list("capability").annotate(Count("pk")))
    return [CapabilityCount(code, found.get(code, 0)) for code in CAPABILITIES]


def counts_of_others(entity: Entity, items: Iterable[str]) -> Mapping[tuple[str, str], int]:
    """How many cases other entities show of the capability and the enabler of each item (`DAT-STR`).

    By capability and enabler, and with "" instead of an enabler how many of the capability in all; what
    there is none of is not in it.
    """
    wanted = {
        (capability, enabler) for capability, _dash, enabler in (code.rpartition("-") for code in items)
    }
    wanted |= {(capability, "") for capability, _enabler in wanted}
    counts: Counter[tuple[str, str]] = Counter()
    shown = Case.objects.shown().exclude(entity=entity).order_by()
    for capability, enabler, n in shown.values_list("capability", "enabler").annotate(Count("pk")):
        counts[capability, ""] += n
        if enabler:
            counts[capability, enabler] += n
    return {kind: n for kind, n in counts.items() if kind in wanted}
