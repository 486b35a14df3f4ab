"""Addresses of the entities floor in the API, below /api/v1/."""

from django.urls import path

from entities.api import views

app_name = "entities-api"
urlpatterns = [
    path("entities/", views.EntityListView.as_view(), name="entity-list"),
    path("entities/<slug:code>/", views.EntityDetailView.as_view(), name="entity-detail"),
]
