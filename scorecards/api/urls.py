"""Addresses of the scorecards floor in the API, below /api/v1/."""

from django.urls import path

from scorecards.api import checkpoints, movement, publication, reading, receipts, uncertainty

app_name = "scorecards-api"
urlpatterns = [
    path("checkpoints/", checkpoints.CheckpointListView.as_view(), name="checkpoint-list"),
    path("checkpoints/<int:number>/", checkpoints.CheckpointDetailView.as_view(), name="checkpoint-detail"),
    path("scorecards/", reading.ScorecardListView.as_view(), name="scorecard-list"),
    path("scorecards/<slug:cycle>/", reading.LatestScorecardView.as_view(), name="scorecard-detail"),
    path(
        "scorecards/<slug:cycle>/<int:version>/",
        reading.ScorecardVersionView.as_view(),
        name="scorecard-version",
    ),
    path("scorecards/<slug:cycle>/publish/", publication.PublishView.as_view(), name="scorecard-publish"),
    path("scorecards/<slug:cycle>/items/", reading.ItemFiguresView.as_view(), name="item-list"),
    path("scorecards/<slug:cycle>/state-of-play/", reading.StateOfPlayView.as_view(), name="state-of-play"),
    path(
        "scorecards/<slug:cycle>/dimensions/", reading.DimensionFiguresView.as_view(), name="dimension-list"
    ),
    path("scorecards/<slug:cycle>/movement/", movement.MovementView.as_view(), name="movement"),
    path("scorecards/<slug:cycle>/entities/", reading.UnitFiguresListView.as_view(), name="unit-list"),
    path("scorecards/<slug:cycle>/uncertainty/", uncertainty.UncertaintyView.as_view(), name="uncertainty"),
    path(
        "scorecards/<slug:cycle>/entities/<slug:code>/",
        reading.UnitFiguresDetailView.as_view(),
        name="unit-detail",
    ),
    path("scorecards/<slug:cycle>/receipt/", receipts.ReceiptView.as_view(), name="receipt-detail"),
]
