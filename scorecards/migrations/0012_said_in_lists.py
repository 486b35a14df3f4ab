"""What lists say of a published version stands beside its bytes, which are too large to be read for that."""

import json

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from un20portal.lib.append_only import unguarded


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Read each version once, one at a time: nothing of what was published changes."""
    scorecard = apps.get_model("scorecards", "Scorecard")
    with unguarded(editor, scorecard):
        for pk in list(scorecard.objects.values_list("pk", flat=True)):
            version = scorecard.objects.filter(pk=pk)
            document = json.loads(version.values_list("payload", flat=True).get())
            version.update(
                is_final=document["cycle"]["phase"] == "closed",
                note=(document.get("correction") or {"note": ""})["note"],
                n_changed=len(document.get("changed_units", [])),
                n_regrouped=len(document.get("regrouped_units", [])),
            )


class Migration(migrations.Migration):
    dependencies = [
        ("scorecards", "0011_custom_groups"),
    ]

    operations = [
        migrations.AddField(
            model_name="scorecard",
            name="is_final",
            field=models.BooleanField(
                default=False, help_text="As in the bytes: made after the cycle had closed"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="scorecard",
            name="note",
            field=models.TextField(
                blank=True, default="", help_text="As in the bytes: what it corrects, in words"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="scorecard",
            name="n_changed",
            field=models.PositiveIntegerField(
                default=0, help_text="Units that the bytes name for another sheet"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="scorecard",
            name="n_regrouped",
            field=models.PositiveIntegerField(
                default=0, help_text="Units that the bytes name for other groups"
            ),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
