"""The committee papers of published versions, as files that are written once."""

from django.db import models

from scorecards.models.versions import Scorecard
from un20portal.lib.models import AppendOnlyModel


class PaperFormat(models.TextChoices):
    """What a paper is written as."""

    PDF = "pdf", "PDF"
    XLSX = "xlsx", "Excel"


class PaperFile(AppendOnlyModel):
    """One paper of a published version: in one language and format, of one edition of its layout.

    The bytes stand in the row itself: it is there whole or not at all, and no storage can lose its file.
    """

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=2, help_text="As in reference data: ar, zh, en, fr, ru, es.")
    form = models.CharField(max_length=4, choices=PaperFormat)
    edition = models.PositiveSmallIntegerField(
        help_text="Of the layout and its rules; a later one replaces it."
    )
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64, help_text="Of the bytes of the file.")
    n_bytes = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "language", "form", "edition"],
                name="one_paper_of_a_version_per_language_format_and_edition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scorecard_id} {self.language}.{self.form} {self.sha256[:8]}"
