"""Reviewed reference data: reading a YAML file against its schema, and bringing a table in line with it.

Which file fills which model, and what its references mean, is said in each app's `services/reference.py`.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db.models import Field, Model, QuerySet
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaError
from referencing import Registry, Resource

from un20portal.lib.errors import InvalidInput

Row = Mapping[str, Any]
SCHEMAS = "schemas"
NATURAL_KEYS = ("code", "indicator", "slug", "id")
LONGEST_RULE = 300


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a file: the row by its natural key, and the rule it breaks."""

    file: str
    row: str
    rule: str

    def __str__(self) -> str:
        return f"{self.file}: {self.row}: {self.rule}"


@dataclass(eq=False)
class InvalidReference(InvalidInput):
    """Reference data that must not be loaded, with everything that was found wrong."""

    message: str = "The reference data was not loaded."
    problems: list[Problem] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join([self.message, *map(str, self.problems)])


@dataclass(frozen=True)
class Fixture:
    """The content of one file, known to fit its schema."""

    file: str
    content: Mapping[str, Any]

    def rows(self, section: str = "rows") -> list[dict[str, Any]]:
        """Rows of a section; the source of each carries the full title of the document it cites."""
        return [self.titled(row) for row in self.content[section]]

    def titled(self, row: Row) -> dict[str, Any]:
        title = self.content["documents"][row["source"]["document"]]
        return {**row, "source": {**row["source"], "title": title}}

    def problem(self, row: Row, rule: str) -> Problem:
        return Problem(self.file, _label(row), rule)


@dataclass(frozen=True)
class Change:
    """One field of one row that differs from what was stored."""

    row: str
    field: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.row}: {self.field}: {self.old} → {self.new}"


@dataclass(frozen=True)
class Changes:
    """What a file did to the tables it fills; rows no longer listed stay where they are."""

    file: str
    added: tuple[str, ...] = ()
    changed: tuple[Change, ...] = ()
    unchanged: int = 0
    no_longer_listed: tuple[str, ...] = ()

    @property
    def rows_changed(self) -> int:
        return len({change.row for change in self.changed})

    def __add__(self, other: "Changes") -> "Changes":
        return Changes(
            self.file,
            self.added + other.added,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.no_longer_listed + other.no_longer_listed,
        )

    def __str__(self) -> str:
        return f"{len(self.added)} added, {self.rows_changed} changed, {self.unchanged} unchanged"


def refuse(problems: Iterable[Problem]) -> None:
    """Raise InvalidReference if there are any problems."""
    if found := list(problems):
        raise InvalidReference(problems=found)


# --- reading -----------------------------------------------------------------------------------
_FastLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the parser in C is six times faster


class _Loader(_FastLoader):
    """Safe YAML that refuses a key given twice and leaves dates as text, for the schema to judge."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in _FastLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(
                None, None, f"given twice: {', '.join(sorted(twice))}", node.start_mark
            )
        return super().construct_mapping(node, deep)


def read_fixtures(directory: Path, names: Iterable[str]) -> dict[str, Fixture]:
    """Read `<name>.yaml` for each name; raise InvalidReference with the problems of all of them."""
    return _read_all(directory, {directory / f"{name}.yaml": name for name in names})


def read_kind(directory: Path, kind: str) -> list[Fixture]:
    """Read every `<kind>-….yaml` that there is, by name; they share the schema of their kind."""
    paths = sorted(directory.glob(f"{kind}-*.yaml"))
    return list(_read_all(directory, dict.fromkeys(paths, kind)).values())


def _read_all(directory: Path, schemas: Mapping[Path, str]) -> dict[str, Fixture]:
    registry = _registry(directory / SCHEMAS)
    fixtures: dict[str, Fixture] = {}
    problems: list[Problem] = []
    for path, schema in schemas.items():
        try:
            fixtures[path.stem] = _read(path, schema, registry)
        except InvalidReference as error:
            problems += error.problems
    refuse(problems)
    return fixtures


def _read(path: Path, schema_name: str, registry: Registry[Any]) -> Fixture:
    content = _parse(path)
    schema = registry.contents(f"{schema_name}.schema.yaml")
    errors = list(Draft202012Validator(schema, registry=registry).iter_errors(content))
    refuse(_schema_problem(path.name, content, error) for error in errors)
    refuse(_uncited(path.name, content))
    return Fixture(path.name, content)


def _parse(path: Path) -> Any:
    try:
        return yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 - derives from the safe loader
    except OSError as error:
        raise InvalidReference(problems=[Problem(path.name, "file", str(error.strerror))]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        problem = Problem(path.name, f"line {line}", str(error.problem))
        raise InvalidReference(problems=[problem]) from error


def _registry(directory: Path) -> Registry[Any]:
    contents = [(path.name, _parse(path)) for path in sorted(directory.glob("*.schema.yaml"))]
    return Registry().with_resources((name, Resource.from_contents(schema)) for name, schema in contents)


def _schema_problem(file: str, content: Any, error: SchemaError) -> Problem:
    path = list(error.absolute_path)
    row, where = "file", path
    if isinstance(content, dict) and len(path) > 1 and isinstance(path[1], int):
        row, where = _label(content[path[0]][path[1]], default=f"{path[0]} {path[1] + 1}"), path[2:]
    place = ".".join(map(str, where))
    return Problem(file, row, ": ".join(filter(None, [place, error.message[:LONGEST_RULE]])))


def _uncited(file: str, content: Mapping[str, Any]) -> Iterator[Problem]:
    """Sources that cite a document which the head of the file does not list."""
    for section in content.values():
        for row in section if isinstance(section, list) else [section]:
            source = row.get("source", {})
            for cited in [source, *source.get("also", [])]:
                if cited and cited["document"] not in content["documents"]:
                    yield Problem(file, _label(row), f"source: unknown document {cited['document']}")


def _label(row: Any, default: str = "row") -> str:
    if isinstance(row, Mapping):
        for key in NATURAL_KEYS:
            if isinstance(row.get(key), str):
                return str(row[key])
    return default


# --- writing -----------------------------------------------------------------------------------
def sync(*, file: str, listing: QuerySet[Any], key: Sequence[str], rows: Sequence[Row]) -> Changes:
    """Bring `listing` in line with `rows`, matched by the natural key; call it in a transaction.

    A row maps fields of the model to values; a foreign key to an instance or None. Nothing is
    deleted. Raises InvalidReference with every row that the model refuses or that comes twice.
    """
    stored = {_key(obj, key): obj for obj in listing.all()}
    refuse(_twice(file, key, rows))
    new: list[Model] = []
    touched: dict[str, Model] = {}
    changed: list[Change] = []
    for row in rows:
        obj = stored.pop(tuple(row[name] for name in key), None)
        if obj is None:
            new.append(listing.model(**row))
            continue
        if changes := [*_apply(obj, _name(row, key), row)]:
            touched[_name(row, key)] = obj
            changed += changes
    refuse(problem for obj in [*new, *touched.values()] for problem in _refused(file, obj, key))
    listing.model.objects.bulk_create(new)
    if touched:
        listing.model.objects.bulk_update(touched.values(), {change.field for change in changed})
    return Changes(
        file=file,
        added=tuple(_name(vars(obj), key) for obj in new),
        changed=tuple(changed),
        unchanged=len(rows) - len(new) - len(touched),
        no_longer_listed=tuple(" ".join(map(str, gone)) for gone in stored),
    )


def _key(obj: Model, key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(getattr(obj, name) for name in key)


def _name(values: Row, key: Sequence[str]) -> str:
    return " ".join(str(values[name]) for name in key)


def _twice(file: str, key: Sequence[str], rows: Sequence[Row]) -> Iterator[Problem]:
    seen: set[str] = set()
    for row in rows:
        name = _name(row, key)
        if name.casefold() in seen:
            yield Problem(file, name, "listed twice")
        seen.add(name.casefold())


def _apply(obj: Model, name: str, row: Row) -> Iterator[Change]:
    """Write the values of `row` to `obj` and yield what differs."""
    for attribute, raw in row.items():
        model_field: Field[Any, Any] = obj._meta.get_field(attribute)  # type: ignore[assignment]  # no reverse ones
        new = raw if model_field.is_relation else model_field.to_python(raw)
        identity = getattr(new, "pk", None) if model_field.is_relation else new
        if model_field.value_from_object(obj) == identity:
            continue
        yield Change(name, attribute, getattr(obj, attribute), new)
        setattr(obj, attribute, new)


def _refused(file: str, obj: Model, key: Sequence[str]) -> Iterator[Problem]:
    """What the model itself says against the row: lengths, choices, named constraints."""
    # a foreign key is an instance, so it exists; "blank" is about forms, null about the data
    fine = {
        f.name
        for f in obj._meta.concrete_fields
        if f.is_relation or (f.null and vars(obj)[f.attname] is None)
    }
    for check in (lambda: obj.clean_fields(exclude=fine), obj.validate_constraints):
        try:
            check()
        except ValidationError as error:
            row = _name(vars(obj), key)
            for place, messages in error.message_dict.items():
                yield from (Problem(file, row, f"{place}: {message}") for message in messages)
