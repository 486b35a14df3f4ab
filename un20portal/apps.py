"""Wiring of the portal itself: every process refuses to start with unsafe production settings."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.core.checks import Tags, register
from django.core.exceptions import ImproperlyConfigured


class PortalConfig(AppConfig):
    name = "un20portal"
    verbose_name = "UN 2.0 portal"

    def ready(self) -> None:
        from un20portal.celery import app as _tasks_find_their_app  # noqa: F401  loaded for that
        from un20portal.production import check_append_only_tables, check_checkpoint_key, unsafe_settings

        names = [name for name in dir(settings) if name.isupper()]
        findings = unsafe_settings({name: getattr(settings, name) for name in names})
        if findings:
            raise ImproperlyConfigured("The portal does not start:\n  " + "\n  ".join(findings))
        register(check_append_only_tables, Tags.database)
        register(check_checkpoint_key, Tags.security)


class PortalAdminConfig(AdminConfig):
    """The administration, with our own rule on who may enter."""

    default_site = "un20portal.accounts.PortalAdminSite"

    def ready(self) -> None:
        """Find what is registered, and leave out what others register for uses the portal does not have."""
        super().ready()
        from allauth.account.models import EmailAddress
        from django.contrib import admin
        from django.contrib.auth.models import Group

        admin.site.unregister([Group, EmailAddress])
