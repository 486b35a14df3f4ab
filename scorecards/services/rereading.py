"""Reading kept papers again, to check that each file still has the bytes that its hash is of.

A paper stands in no chain and names no frozen sheet: that its words follow from the scorecard is not checked.
"""

import hashlib

from scorecards.models import PaperFile


def first_broken_paper() -> tuple[int, str]:
    """Return how many papers were checked, and a sentence on the first bad one ("" when all are good)."""
    papers = PaperFile.objects.select_related("scorecard__cycle").defer("scorecard__payload").order_by("pk")
    count = 0
    for paper in papers.iterator(chunk_size=1):
        if finding := _broken_paper(paper):
            whose = f"{paper.scorecard.cycle.code} version {paper.scorecard.version}"
            return count, f"The paper of {whose}, {paper.language}.{paper.form}: {finding}"
        count += 1
    return count, ""


def _broken_paper(paper: PaperFile) -> str:
    content = bytes(paper.content)
    if hashlib.sha256(content).hexdigest() != paper.sha256:
        return "the stored bytes do not match their hash."
    if len(content) != paper.n_bytes:
        return "the row says another size than its bytes have."
    return ""
