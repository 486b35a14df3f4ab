"""Addresses of the quintet floor in the API, below /api/v1/."""

from django.urls import path

from quintet.api import answering, reading, signing

app_name = "quintet-api"
urlpatterns = [
    path("frameworks/", reading.FrameworkListView.as_view(), name="framework-list"),
    path("frameworks/<slug:slug>/", reading.FrameworkDetailView.as_view(), name="framework-detail"),
    path("cycles/", reading.CycleListView.as_view(), name="cycle-list"),
    path("cycles/<slug:code>/", reading.CycleDetailView.as_view(), name="cycle-detail"),
    path("observations/", reading.ObservationListView.as_view(), name="observation-list"),
    path("assessments/", answering.AssessmentListView.as_view(), name="assessment-list"),
    path("assessments/<int:pk>/", answering.AssessmentDetailView.as_view(), name="assessment-detail"),
    path("assessments/<int:pk>/answers/", answering.AnswerListView.as_view(), name="answer-list"),
    path(
        "assessments/<int:pk>/answers/<slug:item>/",
        answering.AnswerDetailView.as_view(),
        name="answer-detail",
    ),
    path("assessments/<int:pk>/history/", answering.HistoryView.as_view(), name="assessment-history"),
    path("assessments/<int:pk>/submit/", signing.SubmitView.as_view(), name="assessment-submit"),
    path("assessments/<int:pk>/sign-off/", signing.SignOffView.as_view(), name="assessment-sign-off"),
    path("assessments/<int:pk>/send-back/", signing.SendBackView.as_view(), name="assessment-send-back"),
    path("assessments/<int:pk>/return/", signing.ReturnView.as_view(), name="assessment-return"),
    path("assessments/<int:pk>/validate/", signing.ValidateView.as_view(), name="assessment-validate"),
]
