"""What a request to each route looks like: existing objects for its address, a body that can succeed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.contenttypes.models import ContentType

from entities.models import ApiToken, User
from quintet.interchange.workbook_writing import write_workbook
from quintet.models import Assessment, OwnAnswer, Receipt
from quintet.queries.workbooks import book_of
from quintet.services.invitation_links import link_token
from quintet.services.subscriptions import token_for
from roadmap.models import Case
from scorecards.models import Proposal
from tests.authz.surface import ADMIN, API, Route
from tests.authz.world import (
    CUSTOM_GROUP,
    DELEGATED,
    FOR_ALL,
    FOR_COMMITTEES,
    NOT_DELEGATED,
    PASSWORD,
    RATED_TWICE,
    World,
    version_of,
)
from un20portal.outbox.models import Message

SHEETS = (
    "a_draft", "a_signoff", "a_submitted", "a_validated", "a_returned", "a_closed",
    "b_draft", "b_submitted", "b_closed", "missing",
)  # fmt: skip
NOBODY = 999_999
OF_THE_TASK_FORCE = ("scorecards:group-change", "scorecards:group-delete", "scorecards:decision-")
CASE = {
    "capability": "INN", "enabler": "LED", "title": "New", "problem": "Which?", "done": "This.",
    "outcome": "That.", "year": 2024, "language": "fr", "reason": "Not true.",
}  # fmt: skip
ONLY = "only"  # the variant of a route that needs no choice of an object


@dataclass(frozen=True)
class Sample:
    """One request to a route: values for its address, and what is sent with it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


class NoSample(Exception):
    """A route has a place in its address for which nothing is known to put in."""


def samples(world: World, route: Route) -> dict[str, Sample]:
    """Return the variants of a route by name; NoSample when its address cannot be built."""
    found = dict(_variants(world, route))
    for variant, sample in found.items():
        if missing := set(route.parameters) - set(sample.values):
            raise NoSample(f"{route.name} ({variant}): no value for {missing}; name one in samples.py")
    return found


def _variants(world: World, route: Route) -> Iterator[tuple[str, Sample]]:
    if route.kind == ADMIN:
        yield ONLY, Sample(_admin_values(world, route), body=_admin_body(world, route))
    elif "case" in route.parameters:
        yield from _case_variants(world)
    elif "pk" in route.parameters:
        yield from _sheet_variants(world, route)
    elif route.name.startswith("quintet:own-"):
        yield from _own_path_variants(world, route)
    elif route.name == "scorecards-api:checkpoint-detail":
        for name in ("published", "committee", "missing"):
            yield name, Sample({"number": world.checkpoints.get(name, NOBODY)})
    elif route.name.startswith(OF_THE_TASK_FORCE):
        yield from _task_force_variants(world, route)
    elif "cycle" in route.parameters or (route.name.startswith("quintet") and "code" in route.parameters):
        yield from _cycle_variants(world, route)
    else:
        yield ONLY, Sample(_plain_values(world, route), body=_plain_body(world, route))


def _case_variants(world: World) -> Iterator[tuple[str, Sample]]:
    """Cases of A and B, shown, not, withdrawn; and a write based on a text that is no longer there."""
    versions = dict(Case.objects.values_list("pk", "version"))
    for name in ("shown_a", "a_draft", "shown_b", "b_draft", "a_withdrawn", "missing"):
        case = world.cases.get(name, NOBODY)
        yield name, Sample({"case": case}, body={**CASE, "version": versions.get(case, 1)})
    yield "a_draft_stale", Sample({"case": world.cases["a_draft"]}, body={**CASE, "version": 0})


def _task_force_variants(world: World, route: Route) -> Iterator[tuple[str, Sample]]:
    """Custom groups, and points for decision: the one there is belongs to the cycle `computed`."""
    if "group" in route.name:
        for name, code in (("custom", CUSTOM_GROUP), ("missing", "no-such-group")):
            yield name, Sample({"code": code}, body={"name": "New", "units": "UNDP"})
    else:
        said = {"verb": "requests", "body": "hlcm", "language": "en", "text": "New", "version": 1}
        for name in ("computed", "published", "missing"):
            yield name, Sample({"cycle": name, "point": world.point}, body=said)


def _sheet_variants(world: World, route: Route) -> Iterator[tuple[str, Sample]]:
    """Sheets in all states, and what is particular to a route: another item, a stale version."""
    for name in SHEETS:
        yield name, _sheet_sample(world, route, name, DELEGATED, "DAT")
    if "item" in route.parameters:
        yield "a_draft_not_delegated", _sheet_sample(world, route, "a_draft", NOT_DELEGATED, "DAT")
        yield "a_submitted_not_delegated", _sheet_sample(world, route, "a_submitted", NOT_DELEGATED, "DAT")
        yield "a_draft_no_such_item", _sheet_sample(world, route, "a_draft", "DAT-XXX", "DAT")
    if route.name == "quintet:evidence-download":
        yield "a_draft_not_delegated", _sheet_sample(world, route, "a_draft", NOT_DELEGATED, "DAT")
    if "dimension" in route.parameters:
        yield "a_draft_not_delegated", _sheet_sample(world, route, "a_draft", DELEGATED, "INN")
    if "thread" in route.parameters:
        yield (
            "a_draft_inside",
            _sheet_sample(world, route, "a_draft", DELEGATED, "DAT", thread="a_draft_inside"),
        )
        inside = "a_submitted_inside"
        yield inside, _sheet_sample(world, route, "a_submitted", DELEGATED, "DAT", thread=inside)
    if "upload" in route.parameters:
        sample = _sheet_sample(world, route, "a_draft", DELEGATED, "DAT")
        other = {"upload": world.uploads["a_draft_contributor"].pk}
        yield "a_draft_contributor", Sample({**sample.values, **other}, body=sample.body)
    if route.name.endswith(":assessment-sign-off"):
        yield "a_signoff_own", _sheet_sample(world, route, "a_signoff_own", DELEGATED, "DAT")
    if route.name == "quintet:second-rating-save":
        yield "a_submitted_rated_twice", _sheet_sample(world, route, "a_submitted", RATED_TWICE, "INN")
    if route.name == "quintet-api:answer-detail":
        sample = _sheet_sample(world, route, "a_draft", DELEGATED, "DAT")
        yield "a_draft_stale", Sample(sample.values, body=sample.body, headers={"If-Match": '"1"'})
        yield "a_draft_no_version", Sample(sample.values, body=sample.body)


def _sheet_sample(
    world: World, route: Route, name: str, item: str, dimension: str, *, thread: str = ""
) -> Sample:
    sheet, asked = world.sheets.get(name), world.threads.get(thread or name)
    values = {"pk": sheet.pk if sheet else NOBODY, "item": item, "dimension": dimension}
    values["number"] = _receipt_of(sheet)
    values["thread"] = asked.pk if asked else NOBODY
    values["own"] = world.own_items["UNICEF" if name.startswith("b_") else "UNDP"].pk
    document = world.documents.get((name, item))
    values["document"] = document.pk if document else NOBODY
    waiting = world.uploads.get(name)
    values["upload"] = waiting.pk if waiting else NOBODY
    known = sheet is not None and "item" in route.parameters and item != "DAT-XXX"
    version = version_of(sheet, item) if known and sheet else 0
    step = route.name.partition(":")[2]
    headers = {"If-Match": f'"{version}"'} if step == "answer-detail" else {}
    if step.startswith(("delegation-", "invitation-")):
        body = _delegating_body(world, step, name, sheet)
    elif route.name.startswith("quintet-api") and step == "assessment-validate":
        body = {}
    else:
        body = _sheet_bodies(world, name, item, sheet, version).get(step, {})
    files = {"file": _workbook(world, name)} if step == "workbook-upload" and sheet else {}
    return Sample(values, body=body, headers=headers, files=files)


def _workbook(world: World, name: str) -> bytes:
    """The sheet's own workbook, as the focal point downloads it."""
    focal = world.people["focal" if name.startswith("a_") else "focal_b"]
    return write_workbook(book_of(world.sheets[name], focal))


def _sheet_bodies(
    world: World, name: str, item: str, sheet: Assessment | None, version: int
) -> dict[str, dict[str, Any]]:
    """What is sent with each act on a sheet."""
    other = world.documents.get((name, NOT_DELEGATED if item == DELEGATED else DELEGATED))
    own = OwnAnswer.objects.filter(assessment=sheet).first() if sheet else None
    comment, said = {"comment": "Say more, please."}, "written by a test"
    document = {"title": "Written by a test", "effective_on": "2026-05-31"}
    return {
        "workbook-difference": {"step": "confirm"},
        "answer-save": {"choice": "3", "comment": said, "version": str(version)},
        "answer-detail": {"state": "answered", "claimed": 3, "comment": said},
        "answer-decide": {"accepted": "1", "reason": "decided by a test", "version": str(version)},
        "evidence-add": {"url": "https://example.org/new", **document},
        "evidence-change": document,
        "evidence-use": {"document": str(other.pk if other else NOBODY)},
        "second-rating-save": {"level": "2", "reason": "rated by a test"},
        "own-answer-save": {"level": "3", "comment": said, "version": own.version if own else 0},
        "thread-open": comment,
        "thread-post": comment,
        "thread-settle": comment,
        "assessment-validate": {"confirmed": "on"},
        "assessment-send-back": comment,
        "assessment-return": comment,
        "assessment-reopen": comment,
    }


def _receipt_of(sheet: Assessment | None) -> str:
    last = Receipt.objects.filter(transition__assessment=sheet).last() if sheet else None
    return last.number if last else "UN20-000000-01"


def _own_path_variants(world: World, route: Route) -> Iterator[tuple[str, Sample]]:
    bodies: dict[str, dict[str, Any]] = {
        "quintet:own-path-dimension": {f"target-{DELEGATED}": "3", f"weight-{DELEGATED}": "2"},
        "quintet:own-item-add": {"question": "Why?", **{f"level-{n}": f"text {n}" for n in range(5)}},
    }
    for name, unit in (("a_own", "UNDP"), ("b_own", "UNICEF"), ("missing", "NOBODY")):
        own = world.own_items.get(unit)
        values = {"entity": unit, "dimension": "DAT", "own": own.pk if own else NOBODY}
        yield name, Sample(values, body=bodies.get(route.name, {}))


def _delegating_body(world: World, step: str, name: str, sheet: Assessment | None) -> dict[str, Any]:
    """What the page of handed items sends: rows of the sheet where it has any."""
    handed = sheet.delegations.first() if sheet else None
    chosen = f"{handed.pk}-{version_of(handed.assessment, DELEGATED)}" if handed else f"{NOBODY}-1"
    invitation = world.invitations.get(name)
    bodies: dict[str, dict[str, Any]] = {
        "delegation-hand-over": {"items": NOT_DELEGATED, "to": world.people["contributor"].pk},
        "delegation-nudge": {"person": world.people["contributor"].pk},
        "delegation-settle": {"chosen": chosen},
        "delegation-take-back": {"chosen": chosen},
        "invitation-send": {"items": NOT_DELEGATED, "email": "asked@example.org", "language": "en"},
        "invitation-revoke": {"invitation": invitation.pk if invitation else NOBODY},
    }
    return bodies.get(step, {})


def _cycle_variants(world: World, route: Route) -> Iterator[tuple[str, Sample]]:
    place = "cycle" if "cycle" in route.parameters else "code"
    body = STEPS_OF_CYCLES.get(route.name, {})
    known: dict[str, Any] = {"version": 1, "unit": "UNDP", "mailing": world.mailing, "export": world.export}
    known |= {"figure": "state-of-play", "kind": "svg"}
    others = {name: value for name, value in known.items() if name in route.parameters}
    if route.name in RECEIPTS:
        yield from _receipt_variants()
        return
    if "unit-" in route.name and route.name not in WITH_PROVISIONAL:
        yield from _unit_variants(route)
        return
    waiting: tuple[str, ...] = ("draft", "proposed", "proposed-own") if "POST" in route.methods else ()
    if route.name == "scorecards-api:scorecard-draft":
        waiting = ("proposed", "proposed-own")
    hidden = ("committee",) if route.name.startswith("scorecards") else ()
    for name in ("planned", "computed", "published", "missing", *hidden, *waiting):
        if route.name == "scorecards:publication-confirm":
            body = _seen_on_page(name)
        yield name, Sample({place: name, **others}, body=body)
    yield from _unpublished_variants(route, place, others)


def _unpublished_variants(route: Route, place: str, others: dict[str, Any]) -> Iterator[tuple[str, Sample]]:
    """Figures that are computed or proposed; custom groups; two cycles; several units."""
    if route.name in WITH_PROVISIONAL:
        yield "provisional", Sample({place: "computed", **others}, query="?version=provisional")
    if route.name in WITH_PROPOSED:
        yield "proposed-figures", Sample({place: "proposed", **others}, query="?version=proposed")
    if route.name in WITH_GROUPS:
        group = f"?group=custom:{CUSTOM_GROUP}"
        computed = {place: "computed", **others}
        yield "provisional-custom", Sample(computed, query=f"{group}&version=provisional")
        yield "published-custom", Sample({place: "published", **others}, query=group)
    if route.name in COMPARING_UNITS:
        yield from _compared_units({place: "published", **others})
    if "figure" in route.parameters:
        yield from _levels()
    if route.name in COMPARING:
        since = "?from=earlier"
        yield "compared", Sample({place: "published"}, query=since)
        yield "compared-provisional", Sample({place: "computed"}, query=f"{since}&version=provisional")


def _compared_units(values: dict[str, Any]) -> Iterator[tuple[str, Sample]]:
    """Units beside each other, each of them alone."""
    figure = {"figure": "comparison", "kind": "csv"} if "figure" in values else {}
    units = {"a": "UNDP", "b": "UNICEF", "for_all": FOR_ALL, "for_committees": FOR_COMMITTEES}
    for letter, code in units.items():
        yield f"published_{letter}", Sample({**values, **figure}, query=f"?entity={code}")


def _levels() -> Iterator[tuple[str, Sample]]:
    """The sheets of units as files: who reads figures by consent reads no levels."""
    file = {"figure": "levels", "kind": "csv"}
    units = {"a": "UNDP", "b": "UNICEF", "for_all": FOR_ALL, "for_committees": FOR_COMMITTEES}
    for letter, code in units.items():
        yield f"published-levels_{letter}", Sample({"cycle": "published", **file}, query=f"?entity={code}")
    for name, cycle in (("provisional", "computed"), ("proposed", "proposed")):
        query = f"?entity=UNDP&version={name}"
        yield f"{name}-levels_a", Sample({"cycle": cycle, **file}, query=query)
    yield "committee-levels_a", Sample({"cycle": "committee", **file}, query="?entity=UNDP")


def _seen_on_page(cycle: str) -> dict[str, Any]:
    """What the form of a proposal repeats of it."""
    proposal = Proposal.objects.filter(cycle__code=cycle).first()
    return {"sha256": proposal.sha256, "audience": proposal.audience} if proposal else {}


def _unit_variants(route: Route) -> Iterator[tuple[str, Sample]]:
    """Units with figures: A, B, and one each that lets everybody and the committees read them."""
    place = "code" if "code" in route.parameters else "entity"
    units = {"a": "UNDP", "b": "UNICEF", "for_all": FOR_ALL, "for_committees": FOR_COMMITTEES}
    is_sharing = route.name == "scorecards:unit-sharing"
    body = {"audience": "public"} if is_sharing else {}
    for letter, code in units.items():
        if not (is_sharing and letter == "for_committees"):
            yield f"published_{letter}", Sample({"cycle": "published", place: code}, body=body)
    for letter in ("a", "b"):
        yield f"submitted_{letter}", Sample({"cycle": "submitted", place: units[letter]}, body=body)
        if not is_sharing:
            values = {"cycle": "computed", place: units[letter]}
            yield f"provisional_{letter}", Sample(values, query="?version=provisional")
            yield f"committee_{letter}", Sample({"cycle": "committee", place: units[letter]})
    if not is_sharing:
        yield "proposed_a", Sample({"cycle": "proposed", place: units["a"]}, query="?version=proposed")
    if is_sharing:
        yield "missing", Sample({"cycle": "published", place: "NOBODY"}, body=body)


OF_GROUPS = {
    "area": "?group=all&area=capability",
    "kappa": "?group=all&of=kappa",
    "response": "?group=all&of=response",
    "missing": "?group=all&of=missing&dimension=DAT",
}


def _receipt_variants() -> Iterator[tuple[str, Sample]]:
    """Figures of groups are public once published; those of a unit are its members' and the task force's."""
    for cycle in ("planned", "computed", "published", "missing"):
        yield cycle, Sample({"cycle": cycle}, query="?group=entities&item=DAT-STR")
    yield "incomplete", Sample({"cycle": "published"}, query="?group=entities")
    computed, custom = {"cycle": "computed"}, f"?group=custom:{CUSTOM_GROUP}&item=DAT-STR"
    yield "provisional-custom", Sample(computed, query=f"{custom}&version=provisional")
    yield "published-custom", Sample({"cycle": "published"}, query=custom)
    yield "provisional", Sample(computed, query="?group=entities&dimension=DAT&version=provisional")
    since = "?group=entities&item=DAT-STR&from=earlier"
    yield "compared", Sample({"cycle": "published"}, query=since)
    moved = "?group=entities&of=moved&from=earlier"
    yield "compared-sums", Sample({"cycle": "published"}, query=moved)
    yield "compared-provisional", Sample(computed, query=f"{since}&version=provisional")
    for name, query in OF_GROUPS.items():
        yield f"published-{name}", Sample({"cycle": "published"}, query=query)
        yield f"provisional-{name}", Sample(computed, query=f"{query}&version=provisional")
    checks = "?group=all&of=checks&enabler=STR"
    yield "published-checks", Sample({"cycle": "published"}, query=checks)
    proposed = "?group=entities&item=DAT-STR&version=proposed"
    yield "proposed-figures", Sample({"cycle": "proposed"}, query=proposed)
    for letter, code in (("a", "UNDP"), ("b", "UNICEF")):
        values = {"cycle": "published"}
        yield f"published-area_{letter}", Sample(values, query=f"?entity={code}&area=capability")
        yield f"published_{letter}", Sample(values, query=f"?entity={code}&dimension=DAT")
        asked = f"?entity={code}&dimension=DAT"
        yield f"published-position_{letter}", Sample(values, query=f"{asked}&of=position")
        yield f"published-change_{letter}", Sample(values, query=f"{asked}&from=earlier")
        query = f"?entity={code}&item=DAT-STR&version=provisional"
        yield f"provisional_{letter}", Sample(computed, query=query)


STEPS_OF_CYCLES: dict[str, dict[str, Any]] = {
    "quintet:cycle-open": {"codes": "UNDP", "confirmed": "on"},
    "quintet:cycle-start-validation": {"confirmed": "on"},
    "quintet:cycle-close": {"confirmed": "on"},
    "scorecards:publication-propose": {"audience": "public", "note": "written by a test"},
    "scorecards:publication-release": {"confirmed": "on"},
    "quintet:cycle-remind": {"words": "Please answer."},
    "quintet:cycle-extend": {
        "until": max(date.today(), date(2026, 12, 18)) + timedelta(days=30),
        "reason": "A flood",
    },
}
COMPARING = {"scorecards-api:movement", "scorecards:scorecard-movement"}
COMPARING_UNITS = {"scorecards:scorecard-compare", "scorecards:figure-file"}
RECEIPTS = {"scorecards-api:receipt-detail", "scorecards:scorecard-receipt"}
WITH_GROUPS = {
    "scorecards-api:item-list", "scorecards-api:state-of-play", "scorecards-api:dimension-list",
    "scorecards:scorecard-detail", "scorecards:scorecard-figure",
    "scorecards:scorecard-explore", "scorecards:scorecard-compare", "scorecards:figure-file",
}  # fmt: skip
WITH_PROPOSED = WITH_GROUPS | {"scorecards-api:unit-list", "scorecards:unit-list"}
WITH_PROVISIONAL = WITH_PROPOSED | {
    "scorecards-api:uncertainty", "scorecards:uncertainty-detail",
}  # fmt: skip


def _plain_values(world: World, route: Route) -> dict[str, Any]:
    spare = world.people["spare"]
    values: dict[str, Any] = {
        "slug": world.framework.slug,
        "capability": "DAT",
        "uidb36": user_pk_to_url_str(spare),
        "key": default_token_generator.make_token(spare),
        "token": token_for(spare)
        if route.name == "quintet:reminders-stop"
        else link_token(world.invitations["a_draft"]),
    }
    if route.name == "entities-api:entity-detail":
        values["code"] = "UNDP"
    return {name: values[name] for name in route.parameters if name in values}


def _plain_body(world: World, route: Route) -> dict[str, Any]:
    new = "another long password of theirs"
    days = {"opens_on": "2027-01-01", "closes_on": "2099-06-30"}
    bodies: dict[str, dict[str, Any]] = {
        "account_login": {"login": "spare@example.org", "password": PASSWORD},
        "account_language": {"language": "fr", "next": "/frameworks/"},
        "account_letters": {"wants_reminders": "on"},
        "account_reauthenticate": {"password": PASSWORD},
        "account_change_password": {"oldpassword": PASSWORD, "password1": new, "password2": new},
        "account_reset_password": {"email": "spare@example.org"},
        "account_reset_password_from_key": {"password1": new, "password2": new},
        "roadmap:case-create": {**CASE, "entity": "UNDP"},
        "scorecards:group-create": {"code": "new", "name": "New", "units": "UNDP"},
        "quintet:cycle-plan": {"code": "2027", "title": "New", "framework": world.framework.pk, **days},
    }
    return bodies.get(route.name, {})


def _admin_values(world: World, route: Route) -> dict[str, Any]:
    model = route.template.split("/")[2] if route.template.count("/") > 2 else ""
    spare = world.people["spare"]
    objects: dict[str, Any] = {
        "user": spare.pk,
        "entity": world.entities["UNDP"].pk,
        "country": "KEN",
        "region": "africa",
        "apitoken": ApiToken.objects.values_list("pk", flat=True)[0],
        "message": Message.objects.values_list("pk", flat=True)[0],
        "{content_type_id}": spare.pk,
    }
    values = {
        "app_label": "entities",
        "url": "nothing/here",
        "content_type_id": ContentType.objects.get_for_model(User).pk,
        "object_id": objects.get(model),
    }
    return {name: values[name] for name in route.parameters if values.get(name) is not None}


def _admin_body(world: World, route: Route) -> dict[str, Any]:
    """What the forms of the administration send; an empty form where nothing is to be changed."""
    inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    person = {"name": "New", "preferred_language": "en", "is_active": "on", **inline}
    new = "another long password of theirs"
    bodies: dict[str, dict[str, Any]] = {
        "admin:entities_user_add": {"email": "new@example.org", **person},
        "admin:entities_user_change": {"email": "spare@example.org", **person},
        "admin:entities_apitoken_change": {"revoked_at_0": "2026-01-01", "revoked_at_1": "10:00"},
        "admin:password_change": {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    }
    deletes = {"post": "yes"} if route.name.endswith("_delete") else {}
    return bodies.get(route.name, deletes)


def is_json(route: Route) -> bool:
    return route.kind == API
