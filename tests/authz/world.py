"""One world for all tests of authorisation: two entities, ten columns, sheets in every state.

Every text of a sheet and every person holds a token of its own, a canary, which says who may read it.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from entities.models import ApiToken, Country, Entity, Role, User
from entities.services.people import grant_role
from quintet.interchange.everything_xlsx import write_everything
from quintet.models import (
    Answer,
    Assessment,
    Cycle,
    Evidence,
    EvidenceKind,
    EvidenceUse,
    Framework,
    Invitation,
    Item,
    LetterKind,
    Mailing,
    OwnItem,
    Phase,
    Thread,
    WorkbookUpload,
)
from quintet.models.evidence import evidence_storage
from quintet.services import cycles, exporting, inviting, reviewing, signing, tailoring, threads
from quintet.services.answering import record_answer
from roadmap.services.cases import withdraw_case
from scorecards.domain.visibility import Audience
from scorecards.models import PaperFormat, Scorecard
from scorecards.services import (
    checkpoints,
    comparing,
    computing,
    consenting,
    deciding,
    grouping,
    publishing,
    reporting,
    simulating,
)
from tests.factories import (
    AT,
    delegate,
    fill,
    make_case,
    make_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_region,
    make_token,
    make_user,
    sheet_of,
)
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

PASSWORD = "correct horse battery"
ROLES: dict[str, tuple[Role, str | None]] = {
    "viewer": (Role.VIEWER, "UNDP"),
    "focal": (Role.FOCAL_POINT, "UNDP"),
    "contributor": (Role.CONTRIBUTOR, "UNDP"),
    "approver": (Role.APPROVER, "UNDP"),
    "focal_b": (Role.FOCAL_POINT, "UNICEF"),
    "approver_b": (Role.APPROVER, "UNICEF"),
    "task_force": (Role.TASK_FORCE, None),
    "second": (Role.TASK_FORCE, None),
    "committee": (Role.COMMITTEE, None),
    "admin": (Role.ADMINISTRATOR, None),
}
COLUMNS = (
    "anonymous", "viewer", "focal", "contributor", "approver",
    "focal_b", "task_force", "committee", "read_token", "admin",
)  # fmt: skip
OF_A = ("viewer", "focal", "contributor", "approver", "read_token")
DRAFTERS = ("focal", "approver", "read_token")  # those of A who read a whole draft
DELEGATED, NOT_DELEGATED = "DAT-STR", "DAT-LED"
SEED, RATED_TWICE = "authz-3", "INN-STR"  # the item of A that this seed has rated a second time
FOR_ALL, FOR_COMMITTEES = "ENT-001", "ENT-002"  # units that let others read their figures
CUSTOM_GROUP = "of-the-task-force"  # its name is for the task force alone
CROWD = 6  # more units than the threshold of a published figure


@dataclass
class World:
    """People by column, cycles and sheets by name, and the canaries with those who may read them."""

    people: dict[str, User] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    cycles: dict[str, Cycle] = field(default_factory=dict)
    sheets: dict[str, Assessment] = field(default_factory=dict)
    threads: dict[str, Thread] = field(default_factory=dict)
    own_items: dict[str, OwnItem] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    uploads: dict[str, WorkbookUpload] = field(default_factory=dict)  # of the sheet, or of the variant
    documents: dict[tuple[str, str], Evidence] = field(default_factory=dict)  # of (sheet, item)
    canaries: dict[str, frozenset[str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    authorization: str = ""
    mailing: int = 0  # a reminder sent in the cycle `published`
    export: int = 0  # the workbook of everything in the cycle `published`
    cases: dict[str, int] = field(default_factory=dict)  # of A and B, shown and not
    point: int = 0  # a point for decision in the cycle `computed`
    checkpoints: dict[str, int] = field(default_factory=dict)  # by the cycle whose scorecard was the newest
    framework: Framework = field(default_factory=Framework)

    def canary(self, label: str, readers: Iterable[str]) -> str:
        """Return a new token; whoever is not among `readers` must never meet it."""
        token = f"canary{secrets.token_hex(6)}"
        self.canaries[token], self.labels[token] = frozenset(readers), label
        return token


def build_world() -> World:
    """Build everything through the services that people's requests use."""
    world = World(framework=make_framework())
    world.entities = {code: make_entity(code) for code in ("UNDP", "UNICEF")}
    region = make_region("africa")
    team = make_entity("UNCT-KEN", type="country_team", region=region)
    names = {"en": "Kenya"}
    Country.objects.create(
        code="KEN", iso2="KE", names=names, region=region, office=team, certainty="certain"
    )
    for column, (role, code) in ROLES.items():
        world.people[column] = _person(world, column, role, code)
    world.people["spare"] = User.objects.create_user("spare@example.org", PASSWORD, name="Spare")
    world.people["closed"] = User.objects.create_user("closed@example.org", PASSWORD, is_active=False)
    world.authorization = make_token(world.people["focal"], scope="read")
    outbox.beat(at=timezone.now() + timedelta(hours=1))  # `/readyz` asks whether the scheduler lives
    Message.objects.create(topic="quintet.assessment_changed", created_at=AT, due_at=AT, dead_at=AT)
    _make_own_paths(world)
    _make_sheets(world)
    _make_uploads(world)
    _make_scorecards(world)
    _make_cases(world)
    world.secrets += list(ApiToken.objects.values_list("sha256", flat=True))
    world.secrets += [person.password.rpartition("$")[2] for person in world.people.values()]
    return world


def _person(world: World, column: str, role: Role, code: str | None) -> User:
    names_for = {
        "UNDP": {*OF_A, "task_force"},
        "UNICEF": {"focal_b", "task_force"},
        None: {*OF_A, "focal_b", "task_force"} if role == Role.TASK_FORCE else {column},
    }[code]
    alone = {column, "read_token"} if column == "focal" else {column}
    address = world.canary(f"e-mail of {column}", {*alone, "admin"})
    name = world.canary(f"name of {column}", {*names_for, column, "admin"})
    user = User.objects.create_user(f"{address}@example.org", PASSWORD, name=f"{column} {name}")
    grant_role(user=user, role=role, entity=world.entities[code] if code else None)
    return user


def _make_own_paths(world: World) -> None:
    """Questions of A's and B's own, which nobody else reads."""
    dimension = world.framework.dimensions.get(code="DAT")
    for unit, focal, readers in (
        ("UNDP", "focal", {"focal", "approver", "viewer"}),
        ("UNICEF", "focal_b", {"focal_b"}),
    ):
        world.own_items[unit] = tailoring.add_own_item(
            entity=world.entities[unit],
            dimension=dimension,
            question=world.canary(f"own question of {unit}", readers),
            level_texts=[f"own level {level}" for level in range(5)],
            by=world.people[focal],
        )


def _open(world: World, name: str) -> Cycle:
    """An open cycle in which A and B have sheets."""
    cycle = make_cycle(world.framework, name)
    units = list(world.entities.values())
    cycles.open_cycle(cycle=cycle, entities=units, by=world.people["task_force"], at=AT)
    cycle.refresh_from_db()
    world.cycles[name] = cycle
    return cycle


def _sheet(
    world: World, name: str, cycle: Cycle, unit: str, *, counted: bool = False, delegated: bool = False
) -> Assessment:
    """A draft of one unit with canaries for those who may read it in the state it will come to."""
    sheet = sheet_of(cycle, world.entities[unit])
    world.sheets[name] = sheet
    focal = "focal" if unit == "UNDP" else "focal_b"
    drafters = set(DRAFTERS) if unit == "UNDP" else {"focal_b"}
    readers = drafters | (
        ({"viewer", "task_force"} if unit == "UNDP" else {"task_force"}) if counted else set()
    )
    for item in Item.objects.select_related("framework", "dimension"):
        is_mine = delegated and item.code == DELEGATED
        if is_mine:
            delegate(sheet, item.code, world.people["contributor"])
        extra = {"contributor"} if is_mine else set()
        earlier = world.canary(f"earlier {item.code} of {name}", drafters | extra)
        now = world.canary(f"{item.code} of {name}", readers | extra)
        _write(world, sheet, item, focal, earlier, 0)
        _write(world, sheet, item, focal, now, 1)
        if item.code in (DELEGATED, NOT_DELEGATED):
            _document(world, name, sheet, item, now)
    tailoring.answer_own_item(
        assessment=sheet,
        item=world.own_items[unit],
        raw={"level": "2", "comment": world.canary(f"own answer of {name}", readers - {"task_force"})},
        version=0,
        by=world.people[focal],
        at=AT,
    )
    insiders = drafters | ({"contributor"} if delegated else set())
    _talk(world, name, focal, inside=insiders, shared=insiders | ({"task_force"} if counted else set()))
    return sheet


def _talk(world: World, name: str, focal: str, *, inside: set[str], shared: set[str]) -> None:
    """A thread inside the entity and one with the task force: `name` with `_inside`, and without."""
    for key, readers in ((f"{name}_inside", inside), (name, shared)):
        world.threads[key] = threads.open_thread(
            assessment=world.sheets[name],
            item=Item.objects.get(code=DELEGATED),
            text=world.canary(f"thread {key}", readers),
            mentions=["approver", "contributor"],
            with_task_force=key == name,
            by=world.people[focal],
            at=AT,
        )


def _document(world: World, name: str, sheet: Assessment, item: Item, text: str) -> None:
    """A file beside an item; title, name and contents are for those who read the answer."""
    title, content = f"title {text}", f"contents {text}".encode()
    document = Evidence.objects.create(
        assessment=sheet, kind=EvidenceKind.FILE, title=title, file_name=f"{text}.pdf", size=len(content),
        content_type="application/pdf", sha256=hashlib.sha256(content).hexdigest(),
        file=evidence_storage().save(secrets.token_hex(16), ContentFile(content)),
        effective_on=date(2026, 3, 1), added_by=world.people["focal"], added_at=AT,
    )  # fmt: skip
    EvidenceUse.objects.create(evidence=document, item=item)
    world.documents[name, item.code] = document


def _write(world: World, sheet: Assessment, item: Item, focal: str, text: str, version: int) -> None:
    is_na = item.code == "DAT-PMS"
    state: dict[str, object] = {"state": "na"} if is_na else {"state": "answered", "claimed": 2}
    record_answer(
        assessment=sheet,
        item=item,
        raw={"claimed": None, **state, "na_reason": f"reason {text}" if is_na else "", "comment": text},
        version=version,
        by=world.people[focal],
        at=AT,
        channel="form",
    )


def _invite(world: World, name: str, by: str) -> None:
    """Somebody is invited to a draft: who it is, is for the focal points of that entity alone."""
    tokens = [world.canary(f"{what} of an invitation to {name}", {by}) for what in ("e-mail", "name", "note")]
    world.invitations[name] = inviting.invite(
        assessment=world.sheets[name],
        items=list(Item.objects.filter(code=NOT_DELEGATED)),
        email=f"{tokens[0]}@example.org",
        name=tokens[1],
        note=tokens[2],
        by=world.people[by],
        at=timezone.now(),
    )


def _submit(world: World, sheet: Assessment, by: str = "focal") -> None:
    signing.submit(assessment=sheet, by=world.people[by], at=AT)


def _sign(world: World, sheet: Assessment, by: str = "approver") -> None:
    signing.sign_off(assessment=sheet, by=world.people[by], at=AT)
    sheet.refresh_from_db()


def _decide(world: World, sheet: Assessment, readers: set[str]) -> None:
    by = world.people["task_force"]
    item = Item.objects.select_related("framework").get(code="DAT-PMS")
    version = version_of(sheet, item.code)
    reviewing.decide_na(assessment=sheet, item=item, approve=True, version=version, by=by, at=AT)
    item = Item.objects.select_related("framework").get(code=NOT_DELEGATED)
    reason = world.canary("reason of a validator", readers)
    version = version_of(sheet, item.code)
    reviewing.decide_level(
        assessment=sheet, item=item, accepted=1, reason=reason, version=version, by=by, at=AT
    )


def _decide_on_the_sample(world: World, sheet: Assessment, readers: set[str]) -> None:
    """The second of the task force decides on an item that another person then rates."""
    Cycle.objects.filter(pk=sheet.cycle_id).update(sample_seed=SEED)
    reviewing.decide_level(
        assessment=sheet,
        item=Item.objects.select_related("framework").get(code=RATED_TWICE),
        accepted=1,
        reason=world.canary("reason of the second validator", readers),
        version=version_of(sheet, RATED_TWICE),
        by=world.people["second"],
        at=AT,
    )


def _make_sheets(world: World) -> None:
    """A: draft, sign-off (also submitted by its approver), submitted, validated, returned. B: two."""
    people, seen = world.people, {*DRAFTERS, "viewer", "task_force"}
    draft, waiting, own = _open(world, "draft"), _open(world, "signoff"), _open(world, "signoff-own")
    _sheet(world, "a_draft", draft, "UNDP", delegated=True)
    _sheet(world, "b_draft", draft, "UNICEF")
    _invite(world, "a_draft", "focal")
    _invite(world, "b_draft", "focal_b")
    _submit(world, _sheet(world, "a_signoff", waiting, "UNDP"))
    sheet = _sheet(world, "a_signoff_own", own, "UNDP")
    _submit(world, sheet)
    Assessment.objects.filter(pk=sheet.pk).update(submitted_by=people["approver"])

    submitted = _open(world, "submitted")
    sheet = _sheet(world, "a_submitted", submitted, "UNDP", counted=True, delegated=True)
    _submit(world, sheet)
    inner = world.canary("what the approver wrote to the focal point", DRAFTERS)
    signing.send_back(assessment=sheet, by=people["approver"], at=AT, comment=inner)
    _submit(world, sheet)
    _sign(world, sheet)
    _decide(world, sheet, seen)
    _decide_on_the_sample(world, sheet, seen)
    sheet = _sheet(world, "b_submitted", submitted, "UNICEF", counted=True)
    _submit(world, sheet, "focal_b")
    _sign(world, sheet, "approver_b")

    validated = _open(world, "validated")
    sheet = _sheet(world, "a_validated", validated, "UNDP", counted=True)
    _submit(world, sheet)
    _sign(world, sheet)
    _decide(world, sheet, seen)
    reviewing.validate(assessment=sheet, by=people["task_force"], at=AT)

    returned = _open(world, "returned")
    sheet = _sheet(world, "a_returned", returned, "UNDP", delegated=True)
    _submit(world, sheet)
    _sign(world, sheet)
    comment = world.canary("what the task force wants changed", {*DRAFTERS, "contributor"})
    reviewing.return_to_entity(assessment=sheet, by=people["task_force"], at=AT, comment=comment)
    for name in world.sheets:
        world.sheets[name].refresh_from_db()


def _make_uploads(world: World) -> None:
    """Filled workbooks that wait to be confirmed: nobody but those who sent them reads them."""
    for variant, name, column in [
        ("a_draft", "a_draft", "focal"),
        ("a_draft_contributor", "a_draft", "contributor"),
        ("a_submitted", "a_submitted", "focal"),
        ("b_draft", "b_draft", "focal_b"),
    ]:
        sheet, text = world.sheets[name], world.canary(f"workbook of {column} for {name}", {column})
        said = {"state": "answered", "claimed": "3", "na_reason": "", "comment": text}
        row = {"item": DELEGATED, "cell": "DAT!H2", "version": version_of(sheet, DELEGATED), **said}
        world.uploads[variant] = WorkbookUpload.objects.create(
            assessment=sheet, file_name=f"{text}.xlsx", rows=[row], by=world.people[column], at=AT
        )


def _make_scorecards(world: World) -> None:
    """Cycles: planned; published, to all (two of them) or to the committees; computed only; proposed."""
    world.cycles["planned"] = make_cycle(world.framework, "planned", closes_on=date(2099, 12, 31))
    crowd = [world.entities["UNDP"], world.entities["UNICEF"], *make_entities(CROWD)]
    levels = {item.code: 2 for item in Item.objects.all()}
    for name, phase in [
        ("earlier", Phase.VALIDATION),
        ("published", Phase.VALIDATION),
        ("committee", Phase.VALIDATION),
        ("computed", Phase.VALIDATION),
        ("proposed", Phase.VALIDATION),
        ("proposed-own", Phase.VALIDATION),
    ]:
        days = {"opens_on": date(2025, 1, 1), "closes_on": date(2025, 6, 30)}
        cycle = world.cycles[name] = make_cycle(world.framework, name, phase=phase, **days)
        fill(cycle, dict.fromkeys(crowd, levels))
        computing.compute_cycle(cycle_id=cycle.pk, at=AT)
    first, second = world.people["task_force"], world.people["second"]
    published = world.cycles["published"]
    for cycle in (world.cycles["earlier"], published):
        publishing.propose(cycle=cycle, by=second, at=AT)
        publishing.confirm(cycle=cycle, by=first, at=AT)
    world.checkpoints["published"] = checkpoints.sign_checkpoint(at=AT).pk
    name = world.canary("name of a custom group", {"task_force"})
    grouping.create_group(code=CUSTOM_GROUP, name=name, units=crowd[:3], by=first, at=AT)
    said = {"verb": "requests", "body": "hlcm", "action": "", "figure": ""}
    text = world.canary("draft of a point for decision", {"task_force"})
    point = deciding.add_point(cycle=world.cycles["computed"], **said, text=text, by=first, at=AT)
    world.point = point.pk
    _publish_for_committees(world)
    comparing.decide_comparisons(at=AT)
    for code, audience in ((FOR_ALL, Audience.PUBLIC), (FOR_COMMITTEES, Audience.COMMITTEE)):
        unit = Entity.objects.get(code=code)
        approver = make_user(f"approver-{code}", Role.APPROVER, unit)
        consenting.set_consent(cycle=published, entity=unit, audience=audience, by=approver, at=AT)
    for letter, code, focal in (("a", "UNDP", "focal"), ("b", "UNICEF", "focal_b")):
        world.sheets[f"{letter}_closed"] = sheet_of(published, world.entities[code])
        readers = set(DRAFTERS) if letter == "a" else {"focal_b"}
        _talk(world, f"{letter}_closed", focal, inside=readers, shared={*readers, "task_force"})
    for name in ("published", "computed", "committee"):
        simulating.simulate_cycle(cycle_id=world.cycles[name].pk, at=AT)
    Cycle.objects.filter(pk=published.pk).update(phase=Phase.CLOSED)
    publishing.propose(cycle=world.cycles["proposed"], by=second, at=AT)
    publishing.propose(cycle=world.cycles["proposed-own"], by=first, at=AT)
    words = world.canary("words of a reminder", {"task_force"})
    mailing = Mailing.objects.create(kind=LetterKind.REMINDER, cycle=published, text=words, by=first, at=AT)
    world.mailing = mailing.pk
    export = exporting.ask_for_export(cycle=published, language="en", by=first, at=AT)
    exporting.write_export(export_id=export.pk, at=AT, write=write_everything)
    world.export = export.pk
    for name in ("a_closed", "b_closed"):
        world.sheets[name].refresh_from_db()
    writers = {form: lambda paper: paper.symbol.encode() for form in PaperFormat.values}
    for scorecard in Scorecard.objects.filter(cycle__in=[published, world.cycles["committee"]]):
        reporting.write_papers(scorecard_id=scorecard.pk, at=AT, writers=writers)
    for name, readers in (("a_closed", {*DRAFTERS, "viewer"}), ("b_closed", {"focal_b"})):
        for item in Item.objects.filter(code__in=(DELEGATED, NOT_DELEGATED)):
            text = world.canary(f"document of {item.code} of {name}", {*readers, "task_force"})
            _document(world, name, world.sheets[name], item, text)


def _make_cases(world: World) -> None:
    """A draft is for the focal points of its entity alone; what is shown is for everybody."""
    for letter, code, focal in (("a", "UNDP", "focal"), ("b", "UNICEF", "focal_b")):
        unit, by = world.entities[code], world.people[focal]
        world.cases[f"shown_{letter}"] = make_case(unit, by).pk
        said = {name: world.canary(f"{name} of a draft of {code}", {focal}) for name in ("title", "problem")}
        world.cases[f"{letter}_draft"] = make_case(unit, by, is_shown=False, **said).pk
    readers = {"focal", "task_force"}
    told = {name: world.canary(f"{name} of a withdrawal", readers) for name in ("title", "reason")}
    case = make_case(world.entities["UNDP"], world.people["focal"], title=told["title"])
    withdraw_case(case=case, version=2, reason=told["reason"], by=world.people["task_force"], at=AT)
    world.cases["a_withdrawn"] = case.pk


def _publish_for_committees(world: World) -> None:
    """Two versions that the committees read first; what the second one corrects is for them, too."""
    first, second = world.people["task_force"], world.people["second"]
    cycle = world.cycles["committee"]
    note = world.canary("what a version for the committees corrects", {"task_force", "committee"})
    for phase, words in ((Phase.VALIDATION, ""), (Phase.CLOSED, note)):
        Cycle.objects.filter(pk=cycle.pk).update(phase=phase)
        publishing.propose(cycle=cycle, by=second, at=AT, audience="committee", note=words)
        publishing.confirm(cycle=cycle, by=first, at=AT)
    world.checkpoints["committee"] = checkpoints.sign_checkpoint(at=AT).pk


def version_of(sheet: Assessment, item: str) -> int:
    """The version of an answer that a write is to be based on."""
    return Answer.objects.get(assessment=sheet, item__code=item).version
