"""Figures are stored packed, per unit and per group: the derived rows of before go, and are computed anew."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def owe_figures(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Let the outbox compute every cycle that has begun."""
    cycles = apps.get_model("quintet", "Cycle").objects.exclude(phase="planned")
    message, now = apps.get_model("outbox", "Message"), timezone.now()
    message.objects.bulk_create(
        message(topic="quintet.assessment_changed", payload={"cycle_id": pk}, created_at=now, due_at=now)
        for pk in cycles.values_list("pk", flat=True)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0002_errands"),
        ("entities", "0003_wants_reminders"),
        ("quintet", "0006_extension_letter"),
        ("scorecards", "0004_proposal_inputs"),
    ]
    operations = [
        migrations.DeleteModel("UnitScore"),
        migrations.DeleteModel("Computation"),
        migrations.CreateModel(
            name="Computation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("method", models.CharField(max_length=20)),
                (
                    "shape_sha256",
                    models.CharField(help_text="Of the framework's items and weights", max_length=64),
                ),
                (
                    "kinds",
                    models.JSONField(help_text="The sets of groups in which units are: lists of codes"),
                ),
                ("at", models.DateTimeField()),
                (
                    "cycle",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="quintet.cycle"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GroupScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("group", models.CharField(max_length=60)),
                (
                    "basis",
                    models.CharField(
                        choices=[("accepted", "Accepted"), ("claimed", "Claimed")], max_length=10
                    ),
                ),
                ("n_group", models.PositiveIntegerField()),
                ("tally", models.TextField(help_text="JSON, see domain.tally")),
                (
                    "cycle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="quintet.cycle"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("cycle", "group", "basis"), name="one_score_per_group_and_basis"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.PositiveSmallIntegerField(
                        help_text="Which groups it is in: a place in Computation.kinds"
                    ),
                ),
                (
                    "claimed",
                    models.BinaryField(help_text="One record per dimension, see domain.packed", null=True),
                ),
                (
                    "accepted",
                    models.BinaryField(
                        help_text="The same on the accepted basis; validated sheets only", null=True
                    ),
                ),
                (
                    "cycle",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quintet.cycle",
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="entities.entity",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quintet.snapshot",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("cycle", "entity"), name="one_score_per_unit_and_cycle")
                ],
            },
        ),
        migrations.RunPython(owe_figures, migrations.RunPython.noop),
    ]
