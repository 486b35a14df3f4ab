"""Where a figure that leaves the portal comes from: what its file says of itself."""

from dataclasses import dataclass
from datetime import datetime

from scorecards.models import Scorecard
from scorecards.queries.reading import Figures


@dataclass(frozen=True)
class Source:
    """The version behind a figure, and when it was published; never, of figures that are not."""

    figures: Figures
    published_at: datetime | None

    @property
    def is_published(self) -> bool:
        return self.published_at is not None


def source_of(figures: Figures) -> Source:
    """Return where these figures come from."""
    if figures.is_provisional or figures.is_proposed:
        return Source(figures, None)
    published = Scorecard.objects.filter(sha256=figures.sha256)
    return Source(figures, published.values_list("published_at", flat=True).get())
