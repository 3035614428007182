from django.urls import path

from webinars.api import questions, views

app_name = "webinars-api"
urlpatterns = [
    path("token", views.TokenView.as_view(), name="token"),
    path("registrations", views.RegistrationView.as_view(), name="registrations"),
    path("messages", views.MessagesView.as_view(), name="messages"),
    path("questions", questions.QuestionsView.as_view(), name="questions"),
    path("questions/<uuid:question_id>/upvote", questions.UpvoteView.as_view(), name="question-upvote"),
    path("state", views.StateView.as_view(), name="state"),
]
