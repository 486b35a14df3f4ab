"""Who exists: organisations, country teams, countries, people, their roles and tokens."""

from collections.abc import Collection
from datetime import date, datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from entities.domain.roles import Term
from un20portal.lib.models import NamedModel, SourcedModel


class EntityType(models.TextChoices):
    """The kinds of units that assess themselves (order of the UN system chart)."""

    PRINCIPAL_ORGANISATION = "principal_organisation", _("United Nations")
    SECRETARIAT = "secretariat", _("Secretariat department or office")
    REGIONAL_COMMISSION = "regional_commission", _("Regional commission")
    FUND_OR_PROGRAMME = "fund_or_programme", _("Fund or programme")
    SPECIALISED_AGENCY = "specialised_agency", _("Specialised agency")
    RELATED_ORGANISATION = "related_organisation", _("Related organisation")
    OTHER_ENTITY = "other_entity", _("Other entity")
    RESEARCH_TRAINING = "research_training", _("Research and training institute")
    COUNTRY_TEAM = "country_team", _("Country team")


class Region(SourcedModel, NamedModel):
    """A region of the UN Sustainable Development Group; country teams belong to one."""

    code = models.CharField(max_length=40, primary_key=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.code


class EntityQuerySet(models.QuerySet["Entity"]):
    def active_on(self, day: date) -> "EntityQuerySet":
        """Units that exist on `day` by their validity dates; an open end counts as existing."""
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day)
        )

    def organisations(self) -> "EntityQuerySet":
        return self.exclude(type=EntityType.COUNTRY_TEAM)

    def country_teams(self) -> "EntityQuerySet":
        return self.filter(type=EntityType.COUNTRY_TEAM)

    def of_kinds(self, kinds: Collection[str]) -> "EntityQuerySet":
        """Units of the kinds "entities" and "country_teams"; of none when none is named."""
        chosen = self.none()
        if "entities" in kinds:
            chosen = chosen | self.organisations()
        if "country_teams" in kinds:
            chosen = chosen | self.country_teams()
        return chosen

    def with_code(self, *codes: str) -> "EntityQuerySet":
        """The unit with this code, or the units with these, whatever the case.

        What no code can be names no unit: PostgreSQL takes no NUL in a question.
        """
        known = [Q(code__iexact=code) for code in codes if code.isprintable()]
        return self.filter(Q(*known, _connector=Q.OR)) if known else self.none()


class Entity(SourcedModel, NamedModel):
    """One unit that assesses itself: a UN entity, or the team of one country-team office."""

    code = models.CharField(max_length=40, unique=True, help_text="Acronym with hyphens, or UNCT-XXX.")
    acronym = models.CharField(max_length=40)
    type = models.CharField(max_length=40, choices=EntityType)
    ceb_member = models.BooleanField(default=False)
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    other_acronyms = models.JSONField(default=list, blank=True)
    hq_city = models.CharField(max_length=100, blank=True)
    hq_country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 alpha-2")
    founded = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Year")
    domain = models.CharField(max_length=100, blank=True)
    note = models.TextField(blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    successor = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = EntityQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "entities"
        constraints = [
            models.UniqueConstraint(Lower("code"), name="one_entity_per_code_whatever_the_case"),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_from__lte=models.F("valid_to")),
                name="an_entity_begins_before_it_ends",
            ),
            models.CheckConstraint(
                condition=Q(type="country_team", region__isnull=False) | ~Q(type="country_team"),
                name="a_country_team_has_a_region",
            ),
        ]

    def __str__(self) -> str:
        return self.acronym

    @property
    def is_country_team(self) -> bool:
        return self.type == EntityType.COUNTRY_TEAM

    @property
    def short_name(self) -> str:
        """What pages call it: the acronym; a team's exists in English only, elsewhere its name stands in."""
        name = self.name
        is_translated = self.is_country_team and name.language != "en" and not name.is_fallback
        return name.text if is_translated else self.acronym


class Country(SourcedModel, NamedModel):
    """A country or territory that a country-team office works with."""

    code = models.CharField(
        max_length=3, primary_key=True, help_text="ISO 3166 alpha-3; XKX is user-assigned"
    )
    iso2 = models.CharField(max_length=2, unique=True)
    m49 = models.CharField(max_length=3, blank=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    office = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="countries")
    is_ldc = models.BooleanField(null=True, help_text="Least developed country")
    is_lldc = models.BooleanField(null=True, help_text="Landlocked developing country")
    is_sids = models.BooleanField(null=True, help_text="Small island developing State")
    certainty = models.CharField(max_length=20)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "countries"

    def __str__(self) -> str:
        return self.code


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create a person who signs in with `email`; without a password nobody can sign in."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create a technical administrator (`manage.py createsuperuser`)."""
        user = self.create_user(email, password, **fields)
        Membership.objects.create(user=user, role=Role.ADMINISTRATOR)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address. What they may do follows from memberships."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    preferred_language = models.CharField(
        _("preferred language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    wants_reminders = models.BooleanField(
        _("reminders by e-mail"),
        default=True,
        help_text="What is part of the work itself comes all the same.",
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(default=False, help_text="Part of the labelled demo data.")
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_account_per_address_whatever_the_case")
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.TextChoices):
    """What a person may be; the first four are held for one entity."""

    VIEWER = "viewer", _("Viewer")
    FOCAL_POINT = "focal_point", _("Focal point")
    CONTRIBUTOR = "contributor", _("Contributor")
    APPROVER = "approver", _("Approver")
    TASK_FORCE = "task_force", _("Task force")
    COMMITTEE = "committee", _("Committee member")
    ADMINISTRATOR = "administrator", _("Technical administrator")


ENTITY_ROLES = [Role.VIEWER, Role.FOCAL_POINT, Role.CONTRIBUTOR, Role.APPROVER]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active_on(self, day: date) -> "MembershipQuerySet":
        """Roles held on `day`."""
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day)
        )


class Membership(models.Model):
    """A person holds one role: for one entity, or in the whole system; perhaps for a period only."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    entity = models.ForeignKey(Entity, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True, help_text="Last day, for example of a substitute.")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "entity"],
                condition=Q(entity__isnull=False),
                name="an_entity_role_is_held_once",
            ),
            models.UniqueConstraint(
                fields=["user", "role"], condition=Q(entity__isnull=True), name="a_system_role_is_held_once"
            ),
            models.CheckConstraint(
                condition=Q(role__in=ENTITY_ROLES, entity__isnull=False)
                | (~Q(role__in=ENTITY_ROLES) & Q(entity__isnull=True)),
                name="an_entity_role_names_its_entity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role} · {self.entity or 'system'}"

    @property
    def term(self) -> Term:
        return Term(self.role, self.valid_from, self.valid_to)


class TokenScope(models.TextChoices):
    READ = "read", _("Read")
    WRITE = "write", _("Read and write")


class TokenQuerySet(models.QuerySet["ApiToken"]):
    def valid_at(self, moment: datetime) -> "TokenQuerySet":
        """Tokens that are neither expired nor revoked, of people who are active."""
        return self.filter(expires_at__gt=moment, revoked_at=None, user__is_active=True)


class ApiToken(models.Model):
    """A secret with which a program acts for a person; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=10, choices=TokenScope, default=TokenScope.READ)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user} · {self.scope} · {self.expires_at:%Y-%m-%d}"


class Attempt(models.Model):
    """One entry of the cache that counts attempts, at signing in above all: kept by Django's DatabaseCache.

    A model only so that migrations make its table and tests empty it; no code of ours reads the rows.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.cache_key
