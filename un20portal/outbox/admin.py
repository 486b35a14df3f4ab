"""The outbox in the administration: look, and retry what was given up."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from un20portal.outbox import services
from un20portal.outbox.models import Message


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    list_display = ["id", "topic", "created_at", "attempts", "done_at", "dead_at", "last_error"]
    list_filter = ["topic", ("dead_at", admin.EmptyFieldListFilter), ("done_at", admin.EmptyFieldListFilter)]
    actions = ["try_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    @admin.action(description=_("Try again"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        for message in queryset.exclude(dead_at=None):
            services.retry(message=message, at=timezone.now())
