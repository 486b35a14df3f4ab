"""Reading answers from CSV (`entity,item,state,claimed,accepted,comment`): all rows, all errors."""

import csv
from collections.abc import Iterable, Mapping, Sequence

from quintet.domain.answers import NA, parse_answer
from quintet.domain.sheets import ImportedAnswer, ItemFacts, Sheets
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

COLUMNS = ("entity", "item", "state", "claimed", "accepted", "comment")
NO_REASON_GIVEN = "Imported without a reason"


def read_answers(
    lines: Iterable[str], *, entities: Mapping[str, str], items: Mapping[str, ItemFacts]
) -> Sheets:
    """Return the sheets of a CSV file; raise InvalidInput naming every row that cannot be used.

    `entities` maps upper-case codes to codes; `items` maps item codes to what is known of them.
    A row that is no CSV (a quote that is never closed) ends the reading.
    """
    reader = csv.DictReader(lines, restkey="…", restval="", strict=True)
    sheets: Sheets = {}
    errors: list[FieldError] = []
    try:
        _require_columns(reader.fieldnames or [])
        for row in reader:
            errors += _read_row(row, f"line {reader.line_num}", sheets, entities, items)
    except csv.Error as error:
        place, params = f"line {reader.reader.line_num}", {"why": str(error)}
        errors.append(FieldError(place, "not_csv", _("This row cannot be read as CSV: %(why)s."), params))
    if errors:
        raise InvalidInput(_("Nothing was imported. Problems: %(count)s."), {"count": len(errors)}, errors)
    if not sheets:
        raise InvalidInput(_("Nothing was imported: the file holds no answers."))
    return sheets


def _require_columns(named: Sequence[str]) -> None:
    missing = [column for column in COLUMNS if column not in named]
    if missing:
        message = _("The first line must name the columns %(columns)s; missing: %(missing)s.")
        raise InvalidInput(message, {"columns": ",".join(COLUMNS), "missing": ", ".join(missing)})


def _read_row(
    row: Mapping[str, str],
    place: str,
    sheets: Sheets,
    entities: Mapping[str, str],
    items: Mapping[str, ItemFacts],
) -> list[FieldError]:
    """Add the answer of one row to `sheets`; return what is wrong with it instead."""
    entity = entities.get(row["entity"].strip().upper())
    item = row["item"].strip().upper()
    found = _row_errors(row, entity, item, items, sheets, place)
    if found or entity is None:
        return found
    try:
        sheets.setdefault(entity, {})[item] = _answer(row, items[item])
    except InvalidInput as error:
        return [FieldError(place, e.code, f"{e.field}: {e.message}", e.params) for e in error.errors]
    return []


def _row_errors(
    row: Mapping[str, str],
    entity: str | None,
    item: str,
    items: Mapping[str, ItemFacts],
    sheets: Sheets,
    place: str,
) -> list[FieldError]:
    if "…" in row:
        return [FieldError(place, "too_many_cells", _("This row has more cells than the first line."))]
    if entity is None:
        return [FieldError(place, "unknown_entity", _("Unknown entity %(code)s."), {"code": row["entity"]})]
    if item not in items:
        return [FieldError(place, "unknown_item", _("Unknown item %(code)s."), {"code": row["item"]})]
    if item in sheets.get(entity, {}):
        params = {"entity": entity, "item": item}
        return [FieldError(place, "twice", _("%(entity)s answers %(item)s twice."), params)]
    return []


def _answer(row: Mapping[str, str], item: ItemFacts) -> ImportedAnswer:
    raw = {name: row[name].strip() for name in ("state", "claimed", "comment")}
    if raw["state"] == NA:
        raw["na_reason"] = raw["comment"] or NO_REASON_GIVEN
    value = parse_answer(raw, highest_level=item.highest_level, na_allowed=item.na_allowed)
    accepted = row["accepted"].strip()
    if not accepted:
        return ImportedAnswer(value, None)
    if value.claimed is None:
        message = _("Only an answered item has an accepted level.")
        raise InvalidInput(message, errors=[FieldError("accepted", "unexpected", message)])
    level = parse_answer(
        {"state": "answered", "claimed": accepted}, highest_level=item.highest_level, na_allowed=False
    ).claimed
    return ImportedAnswer(value, level)
