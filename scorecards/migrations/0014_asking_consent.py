"""Whether others may ask a unit where it is ahead: an append-only word per cycle."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from un20portal.lib.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("entities", "0003_wants_reminders"),
        ("quintet", "0009_nonces"),
        ("scorecards", "0013_decision_points"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AskingConsent",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("may_be_asked", models.BooleanField()),
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
                    "cycle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="quintet.cycle"
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="entities.entity"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["cycle", "entity"], name="asking_consent_of_a_unit")],
            },
        ),
        MakeAppendOnly("AskingConsent"),
    ]
