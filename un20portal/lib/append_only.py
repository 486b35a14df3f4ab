"""Tables whose rows are written once: PostgreSQL itself refuses UPDATE, DELETE and TRUNCATE on them.

A model says so by its base, `un20portal.lib.models.AppendOnlyModel`; a migration puts the trigger on its
table; the system check E004 (`un20portal.production`) names a table without it. On SQLite, where the portal
is tried out, nothing in the database refuses: there the services alone never change such a row. The owner
of the database can still switch a trigger off; what was published is then checked by its hashes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState
from django.db.models import Model

from un20portal.lib.models import AppendOnlyModel

TRIGGER = "append_only"
# ALWAYS: also where the session plays a replica (session_replication_role), which skips plain triggers
CREATE = """
CREATE OR REPLACE FUNCTION refuse_to_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed or removed: % was refused.', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER {trigger} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger};
"""
CHECKED = "SET CONSTRAINTS ALL IMMEDIATE"  # a table with checks put off to the end cannot be altered
OFF = "ALTER TABLE {table} DISABLE TRIGGER {trigger}"
ON = "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
DROP = "DROP TRIGGER {trigger} ON {table};"
GUARDED = """
SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE tgname = %s AND tgenabled = 'A' AND pg_table_is_visible(pg_class.oid)
"""


class MakeAppendOnly(Operation):
    """Let PostgreSQL refuse every change of the rows of `model_name`; on SQLite this does nothing.

    A later migration that has to add to rows does so inside `unguarded`, in plain sight.
    """

    category = OperationCategory.SQL

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models are the same."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._execute(CREATE, app_label, schema_editor, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._execute(DROP, app_label, schema_editor, to_state)

    def describe(self) -> str:
        return f"Make {self.model_name} append-only"

    def _execute(
        self, sql: str, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: ProjectState
    ) -> None:
        model = state.apps.get_model(app_label, self.model_name)
        connection = schema_editor.connection
        if connection.vendor == "postgresql" and self.allow_migrate_model(connection.alias, model):
            table = schema_editor.quote_name(model._meta.db_table)
            schema_editor.execute(sql.format(table=table, trigger=TRIGGER), params=None)


@contextmanager
def unguarded(editor: BaseDatabaseSchemaEditor, model: type[Model]) -> Iterator[None]:
    """Let a migration change rows of one model inside this block, in its own transaction: all or nothing."""
    table = editor.quote_name(model._meta.db_table)
    is_guarded = editor.connection.vendor == "postgresql"
    if is_guarded:
        editor.execute(CHECKED, params=None)
        editor.execute(OFF.format(table=table, trigger=TRIGGER), params=None)
    yield
    if is_guarded:
        editor.execute(CHECKED, params=None)
        editor.execute(ON.format(table=table, trigger=TRIGGER), params=None)


def append_only_tables() -> list[str]:
    """The tables of all append-only models, by name."""
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnlyModel))


def unguarded_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The append-only tables of a PostgreSQL database whose trigger is missing or can be passed by."""
    with connection.cursor() as cursor:
        cursor.execute(GUARDED, [TRIGGER])
        guarded = {table for (table,) in cursor.fetchall()}
    return [table for table in append_only_tables() if table not in guarded]
