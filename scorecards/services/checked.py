"""Counting what checks found and which evidence is missing, for a version that is composed."""

from collections.abc import Mapping, Sequence
from typing import Any

from quintet.models import Status
from scorecards.domain.checked import Sheets, Told, block, is_recorded, own_entries
from scorecards.queries.checked import frozen_answers, questions_of
from scorecards.services.gathering import Inputs


def composed_block(
    inputs: Inputs, groups: Mapping[str, Any], others: Sequence[Told]
) -> dict[str, Any] | None:
    """Return what a version of these inputs and figures says beside the `others`.

    None where a sheet that counts does not record what was checked: imported ones do not.
    """
    cycle = inputs.cycle
    questions = questions_of(cycle.framework, cycle.framework.evidence_from)
    found = questions.empty()
    validated = [snapshot.pk for snapshot in inputs.snapshots if snapshot.status == Status.VALIDATED]
    for answers in frozen_answers(validated):
        if not is_recorded(answers):
            return None
        questions.count(found, answers)
    return block(
        own_entries(questions, found, threshold=cycle.threshold),
        evidence_from=questions.evidence_from,
        groups=groups,
        sheets=Sheets.of(inputs.units, [item.code for item in inputs.framework.items]),
        others=others,
        threshold=cycle.threshold,
    )
