"""The administration: people, roles, tokens, entities. Never an answer."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from entities import access
from entities.access import signed_in
from entities.forms import MembershipFormSet
from entities.models import ApiToken, Country, Entity, Membership, Region, User


class MembershipInline(admin.TabularInline):
    """The roles of a person; one's own are only shown."""

    model = Membership
    formset = MembershipFormSet
    extra = 0
    autocomplete_fields = ["entity"]

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return access.can_change_roles(signed_in(request), obj)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return access.can_change_roles(signed_in(request), obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return access.can_change_roles(signed_in(request), obj)


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    list_display = ["email", "name", "preferred_language", "is_active", "is_demo"]
    search_fields = ["email", "name"]
    fields = ["email", "name", "preferred_language", "is_active"]
    inlines = [MembershipInline]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        may_change = access.can_change_roles(signed_in(request), obj)
        note = "" if may_change else _("Your own roles can be changed by another administrator only.")
        return [(None, {"fields": self.fields, "description": note})]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Whoever can change an address can have its password sent to themselves, and be that person."""
        return ["email"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Accounts are closed, not deleted: Django's page would list what hangs on them, answers too."""
        return False


class ReferenceAdmin(admin.ModelAdmin):
    """Reference data is changed in `fixtures/` and loaded; here it is only looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Entity)
class EntityAdmin(ReferenceAdmin):
    list_display = ["code", "acronym", "type", "ceb_member", "region", "valid_from", "valid_to"]
    list_filter = ["type", "ceb_member", "region"]
    search_fields = ["code", "acronym"]


@admin.register(Country)
class CountryAdmin(ReferenceAdmin):
    list_display = ["code", "name", "region", "office", "certainty"]
    list_filter = ["region", "certainty"]


@admin.register(Region)
class RegionAdmin(ReferenceAdmin):
    list_display = ["code", "name"]


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    list_display = ["user", "scope", "created_at", "expires_at", "revoked_at"]
    fields = ["revoked_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
