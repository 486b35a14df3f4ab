"""Reading sheets and cycles: everything that joins or counts, with its prefetch done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from entities.access import Person, entities_with
from entities.models import Role
from quintet.domain.answers import UNANSWERED, AnswerValue
from quintet.domain.sheets import ItemFacts
from quintet.domain.workflow import RUNNING
from quintet.models import (
    COUNTED,
    DECISIONS,
    Answer,
    AnswerRevision,
    AnswerState,
    Assessment,
    Cycle,
    Delegation,
    Dimension,
    Framework,
    Item,
    NaDecision,
    Phase,
    RevisionOutcome,
    Snapshot,
    Status,
    Transition,
)
from un20portal.lib.errors import InvalidInput
from un20portal.lib.errors import marked as _

SOURCE_PARTS = ("document", "title", "lines", "paragraph", "address")


def framework_with_items(slug: str) -> QuerySet[Framework]:
    """The framework with its dimensions, items and bridge questions in order."""
    return Framework.objects.filter(slug=slug).prefetch_related(
        "dimensions__items__baseline", "bridge_questions"
    )


def published_baseline(item: Item) -> dict[str, Any] | None:
    """The published value that an item continues, as printed and with its limits; None without one."""
    if item.baseline is None or item.baseline.value is None:
        return None
    return {
        "value": as_printed(item.baseline.value),
        "operator": item.baseline.operator,
        "unit": item.baseline.unit,
        "year": int(item.baseline.period),
        "comparability": item.baseline_comparability,
        "source": _source(item.baseline.source),
    }


def as_printed(value: Decimal) -> str:
    """A number as text, without zeros that nobody printed."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _source(source: Mapping[str, Any]) -> str:
    # in an order of ours: PostgreSQL and SQLite give the keys of stored JSON in different ones
    return ", ".join(str(source[name]) for name in SOURCE_PARTS if source.get(name))


def sheet_values(assessment: Assessment) -> list[tuple[str, AnswerValue]]:
    """What the sheet says on every item, in framework order; an item without a row is unanswered."""
    answers = {answer.item_id: answer for answer in Answer.objects.filter(assessment=assessment)}
    items = Item.objects.filter(framework=assessment.cycle.framework_id).in_order()
    return [(item.code, _value(answers.get(item.pk))) for item in items]


def _value(answer: Answer | None) -> AnswerValue:
    if answer is None:
        return AnswerValue(UNANSWERED)
    return AnswerValue(answer.state, answer.claimed, answer.na_reason, answer.comment)


@dataclass(frozen=True)
class Progress:
    """How far a dimension of a sheet is: items settled (answered or requested as not applicable).

    `requests` are the items whose request still waits for a decision.
    """

    dimension: Dimension
    settled: int
    total: int
    requests: Sequence[Item] = ()

    @property
    def is_complete(self) -> bool:
        return self.settled == self.total


def progress(assessment: Assessment, items: set[int] | None = None) -> list[Progress]:
    """Progress per dimension in order, over the given item ids (None: all)."""
    dimensions = Dimension.objects.filter(framework=assessment.cycle.framework_id).prefetch_related("items")
    answers = Answer.objects.filter(assessment=assessment).exclude(state=AnswerState.UNANSWERED)
    decisions = dict(answers.values_list("item_id", "na_decision"))
    found = []
    for dimension in dimensions:
        mine = [item for item in dimension.items.all() if items is None or item.pk in items]
        settled = [item for item in mine if item.pk in decisions]
        requests = [item for item in settled if decisions[item.pk] == NaDecision.PENDING]
        if mine:
            found.append(Progress(dimension, len(settled), len(mine), requests))
    return found


@dataclass(frozen=True)
class ItemLine:
    """One item of a form: the question, the answer if there is one, and whether it may be changed."""

    item: Item
    answer: Answer | None
    may_edit: bool

    @property
    def version(self) -> int:
        return self.answer.version if self.answer else 0


def item_lines(
    assessment: Assessment, dimension: Dimension, *, readable: set[int] | None, editable: set[int] | None
) -> list[ItemLine]:
    """The items of one dimension that a person may read, with answers; None stands for all items."""
    answers = {answer.item_id: answer for answer in Answer.objects.filter(assessment=assessment)}
    return [
        ItemLine(item, answers.get(item.pk), editable is None or item.pk in editable)
        for item in dimension.items.select_related("framework").order_by("order")
        if readable is None or item.pk in readable
    ]


@dataclass(frozen=True)
class Task:
    """One thing that waits for a person: which sheet, what to do, and how far it is."""

    assessment: Assessment
    kind: str
    settled: int
    total: int


def waiting_for(user: Person) -> list[Task]:
    """What waits for this person in running cycles, the most urgent (first to close) first."""
    editable = Assessment.objects.editable()
    focal, approving = entities_with(user, Role.FOCAL_POINT), entities_with(user, Role.APPROVER)
    running = Assessment.objects.filter(cycle__phase__in=RUNNING, status=Status.SIGNOFF)
    signing = running.filter(entity__in=approving).exclude(submitted_by=user.pk)
    tasks = [_task(sheet, "answer") for sheet in _with_progress(editable.filter(entity__in=focal))]
    tasks += [_task(sheet, "sign_off") for sheet in _with_progress(signing)]
    tasks += _delegated_tasks(user, editable)
    return sorted(tasks, key=lambda task: (task.assessment.cycle.closes_on, task.assessment.entity.code))


def _delegated_tasks(user: Person, editable: QuerySet[Assessment]) -> list[Task]:
    """Items handed to a contributor, on sheets that can still be edited."""
    mine = Delegation.objects.filter(user=user.pk).values("assessment")
    entities = entities_with(user, Role.CONTRIBUTOR)
    chosen = editable.filter(pk__in=mine, entity__in=entities)
    settled = Q(delegations__user=user.pk) & ~Q(answers__state=AnswerState.UNANSWERED)
    counted = chosen.annotate(
        total=Count("delegations", filter=Q(delegations__user=user.pk), distinct=True),
        settled=Count("answers", filter=settled & Q(answers__item=F("delegations__item")), distinct=True),
    )
    return [_task(sheet, "contribute") for sheet in counted.select_related("cycle", "entity")]


def _with_progress(sheets: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """Count by subqueries: joining answers and items would multiply them, 65 × 65 rows a sheet."""
    settled = Answer.objects.filter(assessment=OuterRef("pk")).exclude(state=AnswerState.UNANSWERED)
    items = Item.objects.filter(framework=OuterRef("cycle__framework"))
    return sheets.select_related("cycle", "entity").annotate(
        settled=_count_of(settled, "assessment"), total=_count_of(items, "framework")
    )


def _count_of(rows: QuerySet[Any], owner: str) -> Coalesce:
    """The number of `rows` that belong to one `owner`, as a subquery."""
    counted = rows.order_by().values(owner).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def _task(sheet: Assessment, kind: str) -> Task:
    return Task(sheet, kind, sheet.settled, sheet.total)  # type: ignore[attr-defined]  # annotated


def completion(cycle: Cycle) -> list[Assessment]:
    """All sheets of a cycle in reading order with how far they are: numbers only, never contents."""
    return sorted(_with_progress(Assessment.objects.filter(cycle=cycle)), key=_reading_order)


def awaiting_validation() -> QuerySet[Assessment]:
    """Sheets that wait for the task force."""
    return Assessment.objects.filter(status=Status.SUBMITTED, cycle__phase__in=RUNNING)


def validation_queue() -> list[Assessment]:
    """The same sheets, first to close first, then in reading order, with open requests counted."""
    requests = Count("answers", filter=Q(answers__na_decision=NaDecision.PENDING))
    waiting = awaiting_validation().select_related("cycle", "entity").annotate(open_requests=requests)
    return sorted(waiting, key=lambda sheet: (sheet.cycle.closes_on, *_reading_order(sheet)))


def _reading_order(sheet: Assessment) -> tuple[bool, str, int]:
    """Entities before country teams, each by its English name as lists show it, accents aside.

    Not by the database: its order of accents and capitals depends on the server's language.
    """
    plain = normalize("NFKD", sheet.entity.acronym).encode("ascii", "ignore").decode()
    return sheet.entity.is_country_team, plain.casefold(), sheet.pk


def cycles_with_response() -> QuerySet[Cycle]:
    """Cycles with the number of units asked and of sheets that count."""
    return Cycle.objects.select_related("framework").annotate(
        n_units=Count("assessments"),
        n_counted=Count("assessments", filter=Q(assessments__status__in=COUNTED)),
    )


def touched_by_next_step(cycle: Cycle) -> int:
    """What the next step of a cycle concerns: items to answer, drafts that end, sheets that never count."""
    if cycle.phase == Phase.PLANNED:
        return Item.objects.filter(framework=cycle.framework_id).count()
    sheets = Assessment.objects.filter(cycle=cycle)
    if cycle.phase == Phase.OPEN:
        return sheets.filter(status=Status.DRAFT).count()
    return sheets.exclude(status__in=COUNTED).count()


def counted_snapshots(cycle: Cycle) -> Sequence[Snapshot]:
    """The latest snapshot of every sheet of the cycle that counts, with sheet and unit, by unit code.

    Without the payload, which no figure needs: the levels are packed beside it.
    """
    sheets = Assessment.objects.filter(cycle=cycle).counted()
    newer = Snapshot.objects.filter(assessment=OuterRef("assessment"), number__gt=OuterRef("number"))
    latest = Snapshot.objects.filter(~Exists(newer), assessment__in=sheets)
    snapshots = latest.select_related("assessment__entity").defer("payload")
    return sorted(snapshots, key=lambda snapshot: snapshot.assessment.entity.code)


def sheets_for(user: Person) -> QuerySet[Assessment]:
    """The sheets a person may read, with cycle, framework, unit and submitter at hand."""
    related = ("cycle__framework", "entity", "submitted_by")
    return Assessment.objects.visible_to(user).select_related(*related)


def items_of(assessment: Assessment) -> QuerySet[Item]:
    """The items of the sheet's framework, in order."""
    return (
        Item.objects.filter(framework=assessment.cycle.framework_id)
        .select_related("framework", "dimension")
        .in_order()
    )


def sheets_of_entities(user: Person) -> QuerySet[Assessment]:
    """Sheets of this person's own entities that left the focal point's hands, the newest cycle first."""
    mine = entities_with(user, Role.FOCAL_POINT, Role.APPROVER, Role.VIEWER)
    awaited = Q(status=Status.SIGNOFF, cycle__phase__in=RUNNING)
    handed_in = Q(status__in=COUNTED) | awaited
    sheets = Assessment.objects.visible_to(user).filter(handed_in, entity__in=mine)
    return sheets.select_related("cycle", "entity").order_by("-cycle__opens_on", "entity__code", "pk")


def items_by_place(assessment: Assessment, items: set[int] | None = None) -> QuerySet[Item]:
    """The items of the sheet, or those of the given ids, with their `place` in the framework."""
    chosen = items_of(assessment) if items is None else items_of(assessment).filter(pk__in=items)
    return chosen.annotate(place=F("dimension__order") * 1000 + F("order")).order_by("place")


def answers_on(assessment: Assessment, items: Sequence[Item]) -> list[Answer]:
    """The answers to `items`, in their order; where there is none, an unsaved one of version 0."""
    written = Answer.objects.filter(assessment=assessment, item__in=items)
    by_item = {answer.item_id: answer for answer in written}
    answers = [by_item.get(item.pk) or Answer(assessment=assessment, version=0) for item in items]
    for answer, item in zip(answers, items, strict=True):
        answer.item = item
    return answers


def last_decision(answer: Answer) -> AnswerRevision | None:
    """The decision that `answer` holds, with who took it; None where the claim is newer."""
    decisions = AnswerRevision.objects.filter(outcome=RevisionOutcome.DECIDED, version=answer.version)
    return decisions.filter(assessment=answer.assessment_id, item=answer.item_id).select_related("by").first()


@dataclass(frozen=True)
class HistoryEntry:
    """One event of a sheet: a step of the workflow, or a write of an answer."""

    kind: str
    event: Transition | AnswerRevision
    shows_comment: bool = True


def history(assessment: Assessment, drafted: set[int] | None, *, is_reviewer: bool) -> QuerySet[Any, Any]:
    """Keys (at, kind, id) of the sheet's events, oldest first: steps, and writes on the `drafted` items.

    A decision is a write, too: those that hold are seen with the item, all of them by reviewers.
    Only ever added to at its end; a union, so it can be sliced but not filtered.
    """
    steps = Transition.objects.filter(assessment=assessment)
    seen = ~Q(outcome=RevisionOutcome.DECISION_REFUSED)
    if drafted is not None:
        seen &= Q(item__in=drafted)
    if is_reviewer:
        seen |= Q(outcome__in=DECISIONS)
    writes = AnswerRevision.objects.filter(seen, assessment=assessment)
    step, write = (Value(kind, output_field=CharField()) for kind in ("step", "write"))
    keys = steps.order_by().annotate(kind=step).values("at", "kind", "id")
    return keys.union(writes.order_by().annotate(kind=write).values("at", "kind", "id"), all=True).order_by(
        "at", "kind", "id"
    )


def history_entries(keys: Sequence[Mapping[str, Any]], *, is_insider: bool) -> list[HistoryEntry]:
    """The events behind `keys`; what an approver wrote to the focal point is for insiders."""
    ids = {kind: [key["id"] for key in keys if key["kind"] == kind] for kind in ("step", "write")}
    who = "by__memberships__entity"
    steps = Transition.objects.prefetch_related(who).in_bulk(ids["step"])
    writes = AnswerRevision.objects.prefetch_related(who).select_related("item").in_bulk(ids["write"])
    events: dict[str, dict[int, Any]] = {"step": steps, "write": writes}
    return [
        _entry(key["kind"], event, is_insider)
        for key in keys
        if (event := events[key["kind"]].get(key["id"]))
    ]


def steps(assessment: Assessment) -> QuerySet[Transition]:
    """The steps of a sheet through the workflow, the latest first."""
    return assessment.transitions.prefetch_related("by__memberships__entity").order_by("-pk")


def step_entries(steps: Iterable[Transition], *, is_insider: bool) -> list[HistoryEntry]:
    """The same steps with the rule on comments as in the sheet's history."""
    return [_entry("step", step, is_insider) for step in steps]


def _entry(kind: str, event: Transition | AnswerRevision, is_insider: bool) -> HistoryEntry:
    return HistoryEntry(kind, event, is_insider or getattr(event, "action", "") != "send_back")


def current_framework() -> Framework:
    """The framework that new cycles use: the one loaded last; raises InvalidInput when there is none."""
    framework = Framework.objects.order_by("-pk").first()
    if framework is None:
        raise InvalidInput(_("There is no framework yet: run manage.py load_reference first."))
    return framework


def framework_for(cycle_code: str) -> Framework:
    """The framework of a cycle; of one that does not exist yet, the current one."""
    cycle = Cycle.objects.filter(code=cycle_code).select_related("framework").first()
    return cycle.framework if cycle else current_framework()


def item_facts(framework: Framework) -> dict[str, ItemFacts]:
    """What reading answers needs to know of each item, by code."""
    items = Item.objects.filter(framework=framework)
    return {item.code: ItemFacts(framework.highest_level, item.na_allowed) for item in items}
