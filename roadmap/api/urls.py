"""Addresses of the roadmap floor in the API, below /api/v1/."""

from django.urls import path

from roadmap.api import views

app_name = "roadmap-api"
urlpatterns = [
    path("cases/", views.CaseListView.as_view(), name="case-list"),
    path("cases/<int:case>/", views.CaseDetailView.as_view(), name="case-detail"),
]
