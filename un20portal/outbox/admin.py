"""The outbox in the administration: look, and retry what was given up."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from un20portal.outbox import services
from un20portal.outbox.models import Message

ERROR_LENGTH = 120  # of the list; the page of a message has all of it


class StateFilter(admin.SimpleListFilter):
    """Where a message stands; what was given up comes first, because somebody must look."""

    title, parameter_name = _("state"), "state"
    states = {
        "dead": _("given up"),
        "failing": _("failed, will be tried again"),
        "pending": _("pending"),
        "done": _("done"),
    }

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(state, str(title)) for state, title in self.states.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The messages of the chosen state, which is the name of a filter of theirs."""
        state = self.value()
        return getattr(queryset, state)() if state in self.states else queryset


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    list_display = [
        "id",
        "topic",
        "attempts",
        "what_went_wrong",
        "created_at",
        "due_at",
        "dead_at",
        "done_at",
    ]
    list_filter = [StateFilter, "topic"]
    actions = ["try_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Another try changes nothing but when: it needs no form, only the right to change messages."""
        return request.user.has_perm("outbox.change_message")

    @admin.display(description=_("last error"))
    def what_went_wrong(self, message: Message) -> str:
        return Truncator(message.last_error).chars(ERROR_LENGTH)

    @admin.action(description=_("Try again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        given_up = list(queryset.exclude(dead_at=None))
        for message in given_up:
            services.retry(message=message, at=timezone.now())
        told = ngettext(
            "%(n)s message that had been given up is tried again.",
            "%(n)s messages that had been given up are tried again.",
            len(given_up),
        )
        self.message_user(request, told % {"n": len(given_up)}, messages.SUCCESS)
