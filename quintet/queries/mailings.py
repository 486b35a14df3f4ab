"""How far letters to many are: sent, waiting, refused."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from quintet.models import Cycle, Letter, Mailing
from un20portal.outbox.models import Message

LETTER = "quintet.letter"  # the errand by which a letter is sent


@dataclass(frozen=True)
class Delivery:
    """The letters of one mailing: `dropped` ones were not needed any more, `failed` ones were given up."""

    total: int
    sent: int
    refused: int
    dropped: int
    failed: int

    @property
    def done(self) -> int:
        return self.sent + self.refused + self.dropped + self.failed

    @property
    def waiting(self) -> int:
        return self.total - self.done

    @property
    def is_finished(self) -> bool:
        return self.waiting <= 0


def delivery_of(mailing: Mailing) -> Delivery:
    """Count the letters of a mailing; those that the outbox gave up are sent when somebody tries again."""
    dead = Message.objects.dead().filter(topic=LETTER).values_list("payload__letter_id", flat=True)
    unsent = Letter.objects.filter(mailing=mailing, sent_at=None, refused_at=None, dropped_at=None)
    counts = Letter.objects.filter(mailing=mailing).aggregate(
        total=Count("pk"),
        sent=Count("pk", filter=~Q(sent_at=None)),
        refused=Count("pk", filter=~Q(refused_at=None)),
        dropped=Count("pk", filter=~Q(dropped_at=None)),
    )
    return Delivery(**counts, failed=unsent.filter(pk__in=list(dead)).count())


def mailings_of(cycle: Cycle) -> QuerySet[Mailing]:
    """The mailings of a cycle, the newest first, each with `n_letters` and `n_sent`."""
    return cycle.mailings.select_related("by").annotate(
        n_letters=Count("letters"), n_sent=Count("letters", filter=~Q(letters__sent_at=None))
    )
