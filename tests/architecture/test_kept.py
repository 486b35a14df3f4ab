"""A world that is kept is made once, and comes back as it was made, whatever a test did to it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from entities.models import Entity
from tests.factories import make_entity
from tests.kept import kept


@contextmanager
def emptied() -> Iterator[None]:
    """What happens to the database inside this block is gone after it, as after a test."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_it_comes_back_as_it_was_made() -> None:
    made = []

    @kept
    def make_unit(code: str) -> Entity:
        made.append(code)
        return make_entity(code)

    with emptied():
        unit = make_unit("UNDP")
        unit.acronym = "Changed"
        unit.save()
        make_entity("UNICEF")
    with emptied():
        unit = make_unit("UNDP")
        assert unit.acronym == "UNDP"
        assert list(Entity.objects.values_list("pk", "acronym")) == [(unit.pk, "UNDP")]
        assert make_entity("UNICEF").pk > unit.pk
    with emptied():
        assert make_unit("UNICEF") == Entity.objects.get(code="UNICEF")
    assert made == ["UNDP", "UNICEF"]


@pytest.mark.django_db
def test_it_is_made_in_an_empty_database() -> None:
    make_entity("UNICEF")
    with pytest.raises(AssertionError, match="empty database"):
        kept(make_entity)("UNDP")
