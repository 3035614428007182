from django.urls import path

from webinars.api import chat, members, questions, room, views

app_name = "webinars-api"
urlpatterns = [
    path("token", views.TokenView.as_view(), name="token"),
    path("registrations", views.RegistrationView.as_view(), name="registrations"),
    path("messages", chat.MessagesView.as_view(), name="messages"),
    path("messages/<uuid:message_id>", chat.MessageView.as_view(), name="message"),
    path("messages/<uuid:message_id>/restore", chat.RestoreView.as_view(), name="message-restore"),
    path("members/silenced", members.SilencedView.as_view(), name="silenced"),
    path("members/<uuid:user_id>/mute", members.MuteView.as_view(), name="mute"),
    path("members/<uuid:user_id>/ban", members.BanView.as_view(), name="ban"),
    path("room", room.RoomView.as_view(), name="room"),
    path("notice", room.NoticeView.as_view(), name="notice"),
    path("questions", questions.QuestionsView.as_view(), name="questions"),
    path("questions/<uuid:question_id>", questions.QuestionView.as_view(), name="question"),
    path("questions/<uuid:question_id>/answer", questions.AnswerView.as_view(), name="question-answer"),
    path("questions/<uuid:question_id>/upvote", questions.UpvoteView.as_view(), name="question-upvote"),
    path("state", room.StateView.as_view(), name="state"),
]
