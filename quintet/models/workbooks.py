"""Filled workbooks that wait for a person to confirm what they would change."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from quintet.models.cycles import Assessment


class UploadStatus(models.TextChoices):
    WAITING = "waiting", _("waiting for confirmation")
    APPLIED = "applied", _("applied")
    DISCARDED = "discarded", _("discarded")


class WorkbookUpload(models.Model):
    """One workbook as it was read: the rows, never the file. Nothing of it counts before it is confirmed."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="workbooks")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    rows = models.JSONField(help_text="[{item, cell, state, claimed, na_reason, comment, version, …}]")
    status = models.CharField(max_length=20, choices=UploadStatus, default=UploadStatus.WAITING)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name
