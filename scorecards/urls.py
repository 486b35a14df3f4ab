"""Addresses of the scorecards floor, below /scorecards/."""

from django.urls import path

from scorecards.views import (
    comparing,
    decisions,
    exploring,
    figure_files,
    groups,
    movement,
    papers,
    publication,
    reading,
    uncertainty,
    units,
)

app_name = "scorecards"
urlpatterns = [
    path("", reading.scorecard_list, name="scorecard-list"),
    path("groups/", groups.group_list, name="group-list"),
    path("groups/new/", groups.GroupCreateView.as_view(), name="group-create"),
    path("groups/<slug:code>/change/", groups.GroupChangeView.as_view(), name="group-change"),
    path("groups/<slug:code>/delete/", groups.delete, name="group-delete"),
    path("<slug:cycle>/", reading.scorecard_detail, name="scorecard-detail"),
    path("<slug:cycle>/figure/", reading.figure, name="scorecard-figure"),
    path("<slug:cycle>/compare/", comparing.compare, name="scorecard-compare"),
    path("<slug:cycle>/explore/", exploring.explore, name="scorecard-explore"),
    path("<slug:cycle>/figures/<slug:figure>.<slug:kind>", figure_files.figure_file, name="figure-file"),
    path("<slug:cycle>/movement/", movement.movement, name="scorecard-movement"),
    path("<slug:cycle>/entities/", units.unit_list, name="unit-list"),
    path("<slug:cycle>/entities/<slug:entity>/", units.unit_detail, name="unit-detail"),
    path("<slug:cycle>/entities/<slug:entity>/sharing/", units.SharingView.as_view(), name="unit-sharing"),
    path("<slug:cycle>/receipt/", reading.receipt, name="scorecard-receipt"),
    path("<slug:cycle>/report/", papers.papers, name="paper-list"),
    path("<slug:cycle>/report.pdf", papers.paper, {"form": "pdf"}, name="paper-pdf"),
    path("<slug:cycle>/report.xlsx", papers.paper, {"form": "xlsx"}, name="paper-xlsx"),
    path("<slug:cycle>/publication/", publication.publication, name="publication-detail"),
    path("<slug:cycle>/publication/propose/", publication.propose, name="publication-propose"),
    path("<slug:cycle>/publication/confirm/", publication.confirm, name="publication-confirm"),
    path("<slug:cycle>/decisions/", decisions.decision_list, name="decision-list"),
    path("<slug:cycle>/decisions/new/", decisions.DecisionCreateView.as_view(), name="decision-create"),
    path(
        "<slug:cycle>/decisions/<int:point>/",
        decisions.DecisionChangeView.as_view(),
        name="decision-change",
    ),
    path("<slug:cycle>/decisions/<int:point>/raise/", decisions.raise_point, name="decision-raise"),
    path("<slug:cycle>/decisions/<int:point>/delete/", decisions.delete, name="decision-delete"),
    path("<slug:cycle>/uncertainty/", uncertainty.uncertainty, name="uncertainty-detail"),
    path("<slug:cycle>/uncertainty/estimate/", uncertainty.estimate, name="uncertainty-estimate"),
    path(
        "<slug:cycle>/publication/<int:version>/release/",
        publication.ReleaseView.as_view(),
        name="publication-release",
    ),
]
