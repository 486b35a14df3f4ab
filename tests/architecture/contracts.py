"""A contract for import-linter that it does not have itself: which rooms of an app others may enter."""

from typing import cast

from grimp import ImportGraph
from importlinter.application import output
from importlinter.domain import fields
from importlinter.domain.contract import Contract, ContractCheck


class PublicRoomsContract(Contract):
    """Code outside an app imports only the app's public rooms.

    `apps`: the apps; `rooms`: their public rooms; `importers_of_anything`: modules that wire apps together.
    """

    type_name = "public_rooms"

    apps = fields.ListField(subfield=fields.StringField())
    rooms = fields.SetField(subfield=fields.StringField())
    importers_of_anything = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        wiring = cast(set[str], self.importers_of_anything or set())
        broken = [
            (importer, imported)
            for app in cast(list[str], self.apps)
            for imported in sorted(self._private_modules(graph, app))
            for importer in sorted(graph.find_modules_that_directly_import(imported))
            if importer not in wiring and not _is_inside(importer, app)
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} is outside the app and must not import {imported}")

    def _private_modules(self, graph: ImportGraph, app: str) -> set[str]:
        rooms = cast(set[str], self.rooms)
        public = tuple(f"{app}.{room}" for room in rooms)
        return {
            module
            for module in graph.find_descendants(app)
            if not any(_is_inside(module, room) for room in public)
        }


def _is_inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
