"""Asking, reading, voting, answering (spec 10)."""

import uuid

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventflow.api.schema import enveloped, failures
from webinars.api import question_shapes as shapes
from webinars.api.authentication import LivePassAuthentication, pass_of
from webinars.api.viewer import viewed
from webinars.api.views import refuse
from webinars.models import Question
from webinars.selectors.access import Access, Reason
from webinars.selectors.questions import questions_after
from webinars.services.answering import answer_question, change_question, take_answer_back, withdraw_question
from webinars.services.hosting import Lead, may_lead
from webinars.services.live_pass import LivePass
from webinars.services.questions import ask_question, take_vote_back, vote


class QuestionsView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        parameters=[shapes.QuestionsQuery],
        responses={200: enveloped("Questions", shapes.QuestionsShape), **failures(400, 401, 403)},
        summary="Questions that changed after a change, or the newest",
    )
    def get(self, request: Request, w: str) -> Response:
        live_pass = pass_of(request, w)
        query = shapes.QuestionsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = questions_after(
            live_pass.webinar_id,
            user_id=live_pass.user_id,
            as_host=is_host(live_pass),
            is_manager=live_pass.admin_mode,
            **query.validated_data,
        )
        if found is None:
            raise refuse(Access(False, Reason.BANNED))
        viewed(live_pass, "live", now=timezone.now())  # members are told who asked without their name
        return Response(found)

    @extend_schema(
        request=shapes.NewQuestion,
        responses={
            201: enveloped("Asked", shapes.OneQuestionShape, "Stored now."),
            200: enveloped("WasAsked", shapes.OneQuestionShape, "Was stored already under this client_id."),
            **failures(400, 401, 403, 404, 410, 413, 415, 429),
        },
        summary="Ask a question",
    )
    def post(self, request: Request, w: str) -> Response:
        live_pass = pass_of(request, w)
        body = shapes.NewQuestion(data=request.data)
        body.is_valid(raise_exception=True)
        question, created = ask_question(live_pass=live_pass, now=timezone.now(), **body.validated_data)
        return Response({"question": question}, status=201 if created else 200)


class QuestionView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        request=shapes.QuestionChange,
        responses={
            200: enveloped("QuestionChanged", shapes.OneQuestionShape),
            **failures(400, 401, 403, 404, 409, 410, 413, 415),
        },
        summary="Publish, put away, restore or pin a question; take back one's own",
    )
    def patch(self, request: Request, w: str, question_id: uuid.UUID) -> Response:
        """Who asked may put the question away while it waits. Everything else is for hosts."""
        live_pass = pass_of(request, w)
        body = shapes.QuestionChange(data=request.data)
        body.is_valid(raise_exception=True)
        change, now = body.validated_data, timezone.now()
        if not is_host(live_pass) and change == {"status": Question.Status.ARCHIVED}:
            question = withdraw_question(live_pass=live_pass, question_id=question_id, now=now)
        else:
            question = change_question(live_pass=live_pass, question_id=question_id, now=now, **change)
        return Response({"question": question})


class AnswerView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        request=shapes.NewAnswer,
        responses={
            200: enveloped("Answered", shapes.OneQuestionShape),
            **failures(400, 401, 403, 404, 409, 413, 415),
        },
        summary="Answer a question, or correct the answer",
    )
    def post(self, request: Request, w: str, question_id: uuid.UUID) -> Response:
        live_pass = pass_of(request, w)
        body = shapes.NewAnswer(data=request.data)
        body.is_valid(raise_exception=True)
        question = answer_question(
            live_pass=live_pass, question_id=question_id, now=timezone.now(), **body.validated_data
        )
        return Response({"question": question})

    @extend_schema(
        responses={200: enveloped("AnswerTakenBack", shapes.OneQuestionShape), **failures(401, 403, 404, 409)},
        summary="Take the answer back",
    )
    def delete(self, request: Request, w: str, question_id: uuid.UUID) -> Response:
        question = take_answer_back(live_pass=pass_of(request, w), question_id=question_id, now=timezone.now())
        return Response({"question": question})


class UpvoteView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        request=None,
        responses={200: enveloped("Voted", shapes.VotesShape), **failures(401, 403, 404, 409, 410)},
        summary="Vote for a question",
    )
    def post(self, request: Request, w: str, question_id: uuid.UUID) -> Response:
        return Response(vote(live_pass=pass_of(request, w), question_id=question_id, now=timezone.now()))

    @extend_schema(
        responses={200: enveloped("VoteWithdrawn", shapes.VotesShape), **failures(401, 403, 404, 410)},
        summary="Take the vote back",
    )
    def delete(self, request: Request, w: str, question_id: uuid.UUID) -> Response:
        return Response(take_vote_back(live_pass=pass_of(request, w), question_id=question_id, now=timezone.now()))


def is_host(live_pass: LivePass) -> bool:
    """Whether the pass is a host's, who reads also what waits and what was put away, and who asked it. Whether that
    still holds, the database is asked."""
    return may_lead(Lead.ANSWER, role=live_pass.role, verbs=live_pass.verbs)
