from django.db import migrations

from un20portal.lib.append_only import MakeAppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('scorecards', '0001_initial'),
    ]

    operations = [
        MakeAppendOnly('Scorecard'),
        MakeAppendOnly('EntityDocument'),
    ]
