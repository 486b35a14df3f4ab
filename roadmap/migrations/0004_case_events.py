"""Every step of a case leaves an event; what is known of the cases there are becomes their first ones."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Q

from un20portal.lib.append_only import MakeAppendOnly
from un20portal.lib.canonical import canonical_json

SAID = ("capability", "enabler", "title", "problem", "done", "outcome", "year", "url", "language")


def begin(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Record who wrote each case last, and since when it is shown."""
    case, event = (apps.get_model("roadmap", name) for name in ("Case", "CaseEvent"))
    for row in case.objects.order_by("pk"):
        text = canonical_json({name: getattr(row, name) for name in SAID})
        known = {"case": row, "version": row.version, "text": text, "by_id": row.by_id}
        event.objects.create(step="written", at=row.at, **known)
        if row.shown_at:
            event.objects.create(step="shown", at=row.shown_at, **known)
    editor.connection.check_constraints()  # a table with checks put off to the end cannot be altered


class Migration(migrations.Migration):
    dependencies = [
        ("roadmap", "0003_rules_of_cases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="deleted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="withdrawn_version",
            field=models.PositiveIntegerField(
                blank=True, help_text="The last one that the task force withdrew.", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=Q(shown_at=None) | Q(deleted_at=None), name="a_deleted_case_is_not_shown"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=Q(withdrawn_version=None) | Q(withdrawn_version__lte=F("version")),
                name="no_version_of_a_case_is_withdrawn_before_it_is_written",
            ),
        ),
        migrations.CreateModel(
            name="CaseEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("written", "written"),
                            ("changed", "changed"),
                            ("shown", "shown"),
                            ("withdrawn", "withdrawn"),
                            ("deleted", "deleted"),
                        ],
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("text", models.TextField(help_text="Canonical JSON of all it says.")),
                (
                    "is_by_task_force",
                    models.BooleanField(default=False, help_text="Else by a focal point of the entity."),
                ),
                ("reason", models.TextField(blank=True, help_text="Of a withdrawal.")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="roadmap.case",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(step__in=["written", "changed", "shown", "withdrawn", "deleted"]),
                        name="a_step_of_a_case_is_a_known_one",
                    ),
                    models.CheckConstraint(
                        condition=(Q(step="withdrawn") & ~Q(reason="")) | (~Q(step="withdrawn") & Q(reason="")),
                        name="a_case_is_withdrawn_for_a_reason",
                    ),
                ],
            },
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
        MakeAppendOnly("CaseEvent"),
    ]
