import django.db.models.deletion
from django.db import migrations, models

from un20portal.lib.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("scorecards", "0006_documents"),
    ]

    operations = [
        migrations.CreateModel(
            name="ComparedPair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("payload", models.TextField(help_text="Canonical JSON, see domain.compared")),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("at", models.DateTimeField()),
                (
                    "after",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scorecards.scorecard",
                    ),
                ),
                (
                    "before",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scorecards.scorecard",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("before", "after"), name="one_comparison_per_two_versions"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("before", models.F("after")), _negated=True),
                        name="two_versions_are_compared",
                    ),
                ],
            },
        ),
        MakeAppendOnly("ComparedPair"),
    ]
