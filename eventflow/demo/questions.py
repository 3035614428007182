"""Questions of the sample webinars, in every state, with votes and answers."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webinars.models import Question, QuestionRoom, QuestionVote, User, Webinar

Status = Question.Status
SHOWN_AFTER = timedelta(minutes=1)  # a host looks at what was asked
ANSWERED_AFTER = timedelta(minutes=6)


@dataclass(frozen=True)
class Asked:
    """`minute` is counted from the webinar's start. With an answer, or answered live, it is answered."""

    minute: float
    body: str
    votes: int = 0
    answer: str = ""
    live: bool = False
    status: Question.Status = Status.PUBLISHED
    anonymous: bool = False
    pinned: bool = False

    @property
    def state(self) -> Question.Status:
        return Status.ANSWERED if self.answer or self.live else self.status


LIVE = [
    Asked(1, "리마인더 메일을 세 번 이상 보내면 수신거부가 늘지 않나요?", votes=9, pinned=True),
    Asked(1.5, "참석률은 등록자 대비인가요, 확인 메일을 연 사람 대비인가요?", votes=6,
          answer="등록자 전체를 기준으로 계산했습니다. 확인 메일을 연 분만 보면 약 81%입니다."),
    Asked(2, "문자와 카카오 알림톡 중에 어느 쪽이 반응이 더 좋았나요?", votes=4, live=True),
    Asked(2.5, "담당자가 한 명뿐인 팀에서도 이대로 운영할 수 있을까요?", votes=3, anonymous=True),
    Asked(3, "오늘 보여 주신 이탈 구간 장표도 공유해 주시나요?", votes=2),
    Asked(3.2, "저희 솔루션도 한번 소개해 드리고 싶은데 연락처를 알 수 있을까요?", status=Status.ARCHIVED),
    Asked(3.5, "경쟁사 웨비나와 시간이 겹칠 때는 일정을 옮기시나요?", status=Status.PENDING),
    Asked(4, "사전 질문은 신청 폼에서 받는 게 나은가요, 따로 메일로 받는 게 나은가요?", status=Status.PENDING),
]  # fmt: skip
ENDED = [
    Asked(8, "태그가 전혀 없는 계정은 비용을 어떻게 팀별로 나누셨나요?", votes=14,
          answer="처음 한 달은 계정 단위로만 나눴고, 그사이 새로 만드는 자원부터 태그를 의무로 했습니다."),
    Asked(15, "예약 구매는 1년과 3년 중에 어느 쪽을 권하시나요?", votes=11,
          answer="변화가 잦은 서비스는 1년으로 시작하세요. 3년은 데이터베이스처럼 구성이 굳은 것에만 썼습니다."),
    Asked(21, "로그 보관 기간을 줄일 때 감사 부서와는 어떻게 합의하셨어요?", votes=8, live=True),
    Asked(28, "개발팀 예산 알림을 받고도 아무도 움직이지 않으면 어떻게 하시나요?", votes=7, anonymous=True, live=True),
    Asked(34, "스팟 인스턴스로 옮긴 뒤 장애는 없었나요?", votes=5),
    Asked(39, "점검표를 받을 수 있을까요?", votes=3, answer="종료 메일에 링크를 넣어 드립니다."),
    Asked(44, "채용 중이신가요?", status=Status.ARCHIVED),
    Asked(51, "데이터 전송 비용은 월 얼마까지 줄이셨나요?", votes=2),
    Asked(57, "다음에는 쿠버네티스 비용도 다뤄 주세요.", status=Status.PENDING),
]  # fmt: skip


def write_questions(
    webinar: Webinar, asked: Sequence[Asked], *, askers: Sequence[User], host: User, start: datetime
) -> None:
    """Straight into the tables, as they would be after all of it had happened."""
    tenant = {"webinar": webinar, "client_id": webinar.client_id, "agency_id": webinar.agency_id}
    moments = [start + timedelta(minutes=one.minute) for one in asked]
    by_change = sorted(range(len(asked)), key=lambda index: last_change(asked[index], moments[index]))
    questions = [
        Question(
            **tenant,
            **answer_of(one, moment, host),
            user=askers[index % len(askers)],
            asker_name=askers[index % len(askers)].public_name,
            seq=index + 1,
            changed_seq=by_change.index(index) + 1,
            client_message_id=str(uuid.uuid5(webinar.pk, f"question {index}")),
            body=one.body,
            is_anonymous=one.anonymous,
            status=one.state,
            published_at=moment + SHOWN_AFTER if one.state in (Status.PUBLISHED, Status.ANSWERED) else None,
            pinned_at=moment + SHOWN_AFTER if one.pinned else None,
            upvote_count=one.votes,
        )
        for index, (one, moment) in enumerate(zip(asked, moments, strict=True))
    ]
    Question.objects.bulk_create(questions)  # which puts the present into `created_at`
    for question, moment in zip(questions, moments, strict=True):
        question.created_at = moment
    Question.objects.bulk_update(questions, ["created_at"])
    QuestionRoom.objects.update_or_create(
        webinar=webinar, defaults={"last_seq": len(questions), "last_changed_seq": len(questions)}
    )
    QuestionVote.objects.bulk_create(
        QuestionVote(**tenant, question=question, user=voter)
        for index, (one, question) in enumerate(zip(asked, questions, strict=True))
        for voter in voters(askers, index, one.votes)
    )


def last_change(one: Asked, moment: datetime) -> datetime:
    return moment + {Status.PENDING: timedelta(0), Status.ANSWERED: ANSWERED_AFTER}.get(one.state, SHOWN_AFTER)


def answer_of(one: Asked, moment: datetime, host: User) -> dict[str, object]:
    if one.state != Status.ANSWERED:
        return {}
    return {
        "answer": one.answer,
        "answered_live": one.live,
        "answered_at": moment + ANSWERED_AFTER,
        "answered_by": host,
    }


def voters(people: Sequence[User], asker: int, count: int) -> list[User]:
    """The next ones after the asker, who cannot vote for an own question."""
    return [people[(asker + 1 + offset) % len(people)] for offset in range(count)]
