"""Reading units and people: with everything a list shows at hand, and found by what people type."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext

from entities.domain.roles import Term
from entities.models import Country, Entity, Membership, Role, User
from un20portal.lib.languages import REFERENCE_LANGUAGES


def entities_with_countries() -> QuerySet[Entity]:
    """All units by code, with successor and countries."""
    return Entity.objects.select_related("successor").prefetch_related("countries")


def found_by(entities: QuerySet[Entity], text: str) -> QuerySet[Entity]:
    """The units whose code, acronym or name in any language holds `text`."""
    wanted = Q(code__icontains=text) | Q(acronym__icontains=text)
    for language in REFERENCE_LANGUAGES:
        wanted |= Q(**{f"names__{language}__icontains": text})
    return entities.filter(wanted)


def working_in(entities: QuerySet[Entity], country: str) -> QuerySet[Entity]:
    """The country-team offices that work with a country, by its alpha-3 or alpha-2 code."""
    wanted = Q(code__iexact=country) | Q(iso2__iexact=country)
    return entities.filter(Exists(Country.objects.filter(wanted, office=OuterRef("pk"))))


def called(person: User) -> str:
    """How pages and API call a person in front of others: by name, else by today's roles, never by address.

    Lists of people without a name ask for `memberships__entity` beforehand.
    """
    if person.name:
        return person.name
    today = Term("", first=localdate(), last=localdate())
    roles = [
        f"{held.get_role_display()}, {held.entity}" if held.entity else held.get_role_display()
        for held in person.memberships.all()
        if held.term.meets(today)
    ]
    return "; ".join(roles) or gettext("a person without a name")


def people_with(entity: Entity, *roles: Role) -> QuerySet[User]:
    """The active people who hold one of the roles for `entity` today, by address."""
    held = Membership.objects.active_on(localdate()).filter(entity=entity, role__in=roles)
    return User.objects.filter(Exists(held.filter(user=OuterRef("pk"))), is_active=True)
