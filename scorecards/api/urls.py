"""Addresses of the scorecards floor in the API, below /api/v1/."""

from django.urls import path

from scorecards.api import checkpoints, movement, publication, reading, receipts, uncertainty
from scorecards.queries.publications import public_state
from un20portal.lib.apiviews import held_resource

app_name = "scorecards-api"
# what no unit can take back: where a consent counts, nothing is held
held = held_resource(while_same=public_state)
urlpatterns = [
    path("scorecards/", held(reading.ScorecardListView.as_view()), name="scorecard-list"),
    path("scorecards/<slug:cycle>/", held(reading.LatestScorecardView.as_view()), name="scorecard-detail"),
    path(
        "scorecards/<slug:cycle>/<int:version>/",
        held(reading.ScorecardVersionView.as_view()),
        name="scorecard-version",
    ),
    path("scorecards/<slug:cycle>/draft/", reading.DraftView.as_view(), name="scorecard-draft"),
    path("scorecards/<slug:cycle>/publish/", publication.PublishView.as_view(), name="scorecard-publish"),
    path("scorecards/<slug:cycle>/items/", held(reading.ItemFiguresView.as_view()), name="item-list"),
    path(
        "scorecards/<slug:cycle>/state-of-play/",
        held(reading.StateOfPlayView.as_view()),
        name="state-of-play",
    ),
    path(
        "scorecards/<slug:cycle>/dimensions/",
        held(reading.DimensionFiguresView.as_view()),
        name="dimension-list",
    ),
    path("scorecards/<slug:cycle>/movement/", held(movement.MovementView.as_view()), name="movement"),
    path("scorecards/<slug:cycle>/entities/", reading.UnitFiguresListView.as_view(), name="unit-list"),
    path("scorecards/<slug:cycle>/uncertainty/", uncertainty.UncertaintyView.as_view(), name="uncertainty"),
    path(
        "scorecards/<slug:cycle>/entities/<slug:code>/",
        reading.UnitFiguresDetailView.as_view(),
        name="unit-detail",
    ),
    path("scorecards/<slug:cycle>/receipt/", receipts.ReceiptView.as_view(), name="receipt-detail"),
    path("checkpoints/", checkpoints.CheckpointListView.as_view(), name="checkpoint-list"),
    path("checkpoints/<int:number>/", checkpoints.CheckpointDetailView.as_view(), name="checkpoint-detail"),
]
