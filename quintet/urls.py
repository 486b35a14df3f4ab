"""Addresses of the quintet floor."""

from django.urls import path

from quintet.views import (
    answering,
    cycles,
    frameworks,
    mailings,
    monitoring,
    my,
    reviewing,
    second_rating,
    signing,
    subscriptions,
    threads,
)

app_name = "quintet"
urlpatterns = [
    path("my/", my.my, name="my"),
    path("frameworks/", frameworks.framework_list, name="framework-list"),
    path("frameworks/<slug:slug>/", frameworks.framework_detail, name="framework-detail"),
    path("assessments/", my.assessment_list, name="assessment-list"),
    path("assessments/<int:pk>/", answering.overview, name="assessment-detail"),
    path("assessments/<int:pk>/review/", signing.review, name="assessment-review"),
    path("assessments/<int:pk>/submit/", signing.submit, name="assessment-submit"),
    path("assessments/<int:pk>/receipts/<slug:number>/", signing.receipt, name="receipt-detail"),
    path("assessments/<int:pk>/sign-off/", signing.sign_off, name="assessment-sign-off"),
    path("assessments/<int:pk>/send-back/", signing.send_back, name="assessment-send-back"),
    path("assessments/<int:pk>/answers/<slug:item>/", answering.save_answer, name="answer-save"),
    path("assessments/<int:pk>/validate/", reviewing.validate, name="assessment-validate"),
    path("assessments/<int:pk>/return/", reviewing.return_to_entity, name="assessment-return"),
    path("assessments/<int:pk>/reopen/", reviewing.reopen, name="assessment-reopen"),
    path("assessments/<int:pk>/decisions/<slug:item>/", reviewing.decide, name="answer-decide"),
    path("assessments/<int:pk>/checks/", reviewing.check_list, name="check-list"),
    path("assessments/<int:pk>/second-ratings/", second_rating.second_rating_list, name="second-rating-list"),
    path(
        "assessments/<int:pk>/second-ratings/<slug:item>/",
        second_rating.save_second_rating,
        name="second-rating-save",
    ),
    path("assessments/<int:pk>/items/<slug:item>/threads/", threads.open_thread, name="thread-open"),
    path("assessments/<int:pk>/threads/<int:thread>/", threads.add_post, name="thread-post"),
    path("assessments/<int:pk>/threads/<int:thread>/settle/", threads.settle, name="thread-settle"),
    path("assessments/<int:pk>/<slug:dimension>/", answering.dimension_form, name="assessment-form"),
    path("cycles/", cycles.cycle_list, name="cycle-list"),
    path("cycles/new/", cycles.CyclePlanView.as_view(), name="cycle-plan"),
    path("cycles/<slug:code>/", monitoring.monitor, name="cycle-detail"),
    path("cycles/<slug:code>/completion.csv", monitoring.completion_csv, name="cycle-completion"),
    path("cycles/<slug:code>/reminders/", mailings.ReminderView.as_view(), name="cycle-remind"),
    path("cycles/<slug:code>/mailings/<int:mailing>/", mailings.mailing, name="cycle-mailing"),
    path("cycles/<slug:code>/units/<slug:unit>/time/", cycles.ExtensionView.as_view(), name="cycle-extend"),
    path("cycles/<slug:code>/open/", cycles.open_cycle, name="cycle-open"),
    path("cycles/<slug:code>/start-validation/", cycles.start_validation, name="cycle-start-validation"),
    path("cycles/<slug:code>/close/", cycles.close_cycle, name="cycle-close"),
    path("reminders/<str:token>/", subscriptions.StopRemindersView.as_view(), name="reminders-stop"),
    path("validation/", reviewing.queue, name="validation-queue"),
]
