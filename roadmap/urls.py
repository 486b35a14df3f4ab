"""Addresses of the roadmap floor."""

from django.urls import path

from roadmap.views import portfolio, steps, writing

app_name = "roadmap"
urlpatterns = [
    path("portfolio/", portfolio.portfolio, name="case-list"),
    path("portfolio/cases/new/", writing.CaseCreateView.as_view(), name="case-create"),
    path("portfolio/cases/<int:case>/", portfolio.case_detail, name="case-detail"),
    path("portfolio/cases/<int:case>/change/", writing.CaseChangeView.as_view(), name="case-change"),
    path("portfolio/cases/<int:case>/show/", steps.CaseShowView.as_view(), name="case-show"),
    path("portfolio/cases/<int:case>/withdraw/", steps.CaseWithdrawView.as_view(), name="case-withdraw"),
    path("portfolio/cases/<int:case>/delete/", steps.CaseDeleteView.as_view(), name="case-delete"),
    path("portfolio/<slug:capability>/", portfolio.capability_detail, name="capability-detail"),
]
