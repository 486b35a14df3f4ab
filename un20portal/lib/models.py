"""Abstract models that more than one app builds on. No tables here."""

from django.db import models
from django.utils.translation import get_language

from un20portal.lib.languages import Text, pick


class SourcedModel(models.Model):
    """A row of reviewed reference data: where it comes from, and what is doubtful about it."""

    source = models.JSONField(default=dict, help_text="Document and line, paragraph or address.")
    doubts = models.JSONField(
        default=list, blank=True, help_text="Sentences on what is inferred or to check."
    )

    class Meta:
        abstract = True


class AppendOnlyModel(models.Model):
    """A row that is written once: its table's migration ends with `append_only.MakeAppendOnly`."""

    class Meta:
        abstract = True


class NamedModel(models.Model):
    """Something with a name in up to six languages; a missing one stays missing."""

    names = models.JSONField(help_text="Language code → name; missing languages fall back visibly.")

    class Meta:
        abstract = True

    @property
    def name(self) -> Text:
        """The name for the reader of the active language."""
        return pick(self.names, get_language())
