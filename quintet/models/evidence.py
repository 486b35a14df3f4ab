"""What a level rests on: links and files, the items they support, and every change of that."""

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quintet.models.cycles import Assessment
from quintet.models.frameworks import Item
from un20portal.lib.models import AppendOnlyModel


def evidence_storage() -> Storage:
    """Where files of evidence are kept: a folder or a bucket, by the settings."""
    return storages["evidence"]


class EvidenceKind(models.TextChoices):
    LINK = "link", _("link")
    FILE = "file", _("file")


class Evidence(models.Model):
    """One document of a sheet: a web address, or a file whose contents were checked when it came in.

    The name under which a file is stored is random and says nothing; people see `file_name`. A document
    taken over from the last cycle points at the same stored file.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=10, choices=EvidenceKind)
    title = models.CharField(max_length=200)
    url = models.URLField(max_length=2000, blank=True)
    file = models.FileField(storage=evidence_storage, max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes")
    sha256 = models.CharField(max_length=64, blank=True)
    effective_on = models.DateField(help_text="Day on which it was decided, published or measured.")
    expires_on = models.DateField(null=True, blank=True, help_text="Last day on which it is valid.")
    is_outside = models.BooleanField(
        default=False, help_text="A statement by somebody outside the responsible unit (rule R2, level 4)."
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"
        ordering = ["title", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=EvidenceKind.LINK, file="", sha256="") & ~Q(url="")
                | Q(kind=EvidenceKind.FILE, url="") & ~Q(file="") & ~Q(sha256=""),
                name="evidence_is_a_link_or_a_file",
            ),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gte=models.F("effective_on")),
                name="evidence_expires_after_it_takes_effect",
            ),
            models.UniqueConstraint(
                fields=["assessment", "sha256"],
                condition=Q(kind=EvidenceKind.FILE),
                name="a_file_is_attached_to_a_sheet_once",
            ),
            models.UniqueConstraint(
                fields=["assessment", "url"],
                condition=Q(kind=EvidenceKind.LINK),
                name="a_link_is_attached_to_a_sheet_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class EvidenceUse(models.Model):
    """One item that a document supports, and where in it (rule R4: at most three items)."""

    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="uses")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    page = models.CharField(max_length=50, blank=True)

    class Meta:
        ordering = ["evidence__title", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["evidence", "item"], name="a_document_supports_an_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} → {self.item_id}"


class EvidenceAction(models.TextChoices):
    ATTACHED = "attached", _("evidence attached")
    CHANGED = "changed", _("evidence changed")
    DETACHED = "detached", _("evidence removed")


class EvidenceChange(AppendOnlyModel):
    """One change of what an item rests on, as the document was then: title, address or file with its hash."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="evidence_changes")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=20, choices=EvidenceAction)
    document = models.JSONField(help_text="The document as a snapshot shows it.")
    channel = models.CharField(max_length=20)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.action}"
