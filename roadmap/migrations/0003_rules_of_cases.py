"""What the service refuses in a case the database refuses, too."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import ExtractYear

RULES = {
    "a_case_says_something_in_all_its_texts": ~Q(title="") & ~Q(problem="") & ~Q(done="") & ~Q(outcome=""),
    "a_case_is_of_no_year_to_come_and_not_of_long_ago": Q(year__gte=1990, year__lte=ExtractYear("at")),
    "a_case_leads_to_an_address_of_the_web_or_nowhere": (
        Q(url="") | Q(url__istartswith="http://") | Q(url__istartswith="https://")
    ),
    "a_case_is_written_in_a_language_of_the_portal": Q(
        language__in=["ar", "zh-hans", "en", "fr", "ru", "es"]
    ),
    "versions_of_a_case_begin_at_one": Q(version__gte=1),
}


class Migration(migrations.Migration):
    dependencies = [("roadmap", "0002_cases")]

    operations = [
        migrations.AlterField(
            model_name="case",
            name="at",
            field=models.DateTimeField(help_text="When it was written last."),
        ),
        *(
            migrations.AddConstraint("case", models.CheckConstraint(condition=condition, name=name))
            for name, condition in RULES.items()
        ),
    ]
