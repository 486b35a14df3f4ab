"""Showing and withdrawing a case make another version of it, as changing it does."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('roadmap', '0004_case_events'),
    ]

    operations = [
        migrations.AlterField(
            model_name='case',
            name='version',
            field=models.PositiveIntegerField(default=1, help_text='Grows with each step.'),
        ),
        migrations.AlterField(
            model_name='case',
            name='withdrawn_version',
            field=models.PositiveIntegerField(blank=True, help_text='The one that the task force made by withdrawing it last.', null=True),
        ),
    ]
