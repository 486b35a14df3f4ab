"""Everything that was submitted in a cycle, taken out of the portal as one file."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quintet.models.cycles import Cycle
from quintet.models.evidence import evidence_storage


class ExportState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("being written")
    DONE = "done", _("ready")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("removed")


UNDER_WAY = [ExportState.WAITING, ExportState.RUNNING]


class CycleExport(models.Model):
    """One workbook of everything that somebody asked for: who, when, of which cycle, and what came of it.

    The file is removed after some days; the row stays and tells who took the contents out.
    """

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="exports")
    language = models.CharField(max_length=10, help_text="Of the headings: that of the person who asked.")
    state = models.CharField(max_length=20, choices=ExportState, default=ExportState.WAITING)
    units_done = models.PositiveIntegerField(default=0)
    units_total = models.PositiveIntegerField()
    file = models.FileField(storage=evidence_storage, max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file, also after its end.")
    error = models.TextField(blank=True, help_text="Why it failed, to be translated for its reader.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle"],
                condition=Q(state__in=UNDER_WAY),
                name="one_export_of_a_cycle_is_under_way",
            ),
            models.CheckConstraint(
                condition=(Q(state=ExportState.DONE) & ~Q(file=""))
                | (~Q(state=ExportState.DONE) & Q(file="")),
                name="exactly_a_finished_export_has_a_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} #{self.pk}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY
