"""One thing to know at a time, and what comes back after a wrong answer."""

from datetime import date, timedelta

import pytest

from handlers import door
from handlers.messages import Heard
from handlers.monitor.learn import (
    Learning,
    letters,
    next_card,
    sent_today,
    todays_card,
)
from knowledge.book import Book
from storage import instance
from storage.people import Role
from tests.handlers.village import Village, Voice

DAY = date(2026, 11, 22)


async def answers(voice: Voice, choice: int) -> None:
    """She taps a choice of the quiz, as the channel reports it."""
    said = voice._said(Heard.QUIZ, data=str(choice), message="poll")
    await voice.village.hear(said, voice)


def quiz_of(voice: Voice):  # type: ignore[no-untyped-def]
    return next(one.quiz for one in reversed(voice.seen) if one.quiz)


@pytest.fixture
async def wang(village: Village) -> Voice:
    return await village.invited(Role.MONITOR, "王阿婆", "u1")


async def test_one_card_its_question_and_why(wang: Voice) -> None:
    await wang.says("/学")
    quiz = quiz_of(wang)
    assert wang.seen[-2].text.startswith("村务公布贴 15 天")
    assert "依据" in wang.seen[-2].text
    await answers(wang, quiz.right)
    assert wang.last == f"对。{quiz.why}"
    await wang.presses("再来一条")
    assert quiz_of(wang) != quiz


async def test_by_button_by_word_and_by_an_officer(village: Village, wang: Voice) -> None:
    await wang.presses("学一条")
    first = quiz_of(wang)
    await wang.says("学一条")
    assert quiz_of(wang) != first
    zhou = await village.invited(Role.OFFICER, "周", "u9")
    await zhou.says("/学")
    assert quiz_of(zhou) == first


async def test_a_wrong_answer_comes_back_after_one_three_and_seven_days(
    village: Village, wang: Voice
) -> None:
    await wang.says("/学")
    quiz = quiz_of(wang)
    await answers(wang, (quiz.right + 1) % len(quiz.choices))
    assert f"不是这个，是「{quiz.choices[quiz.right]}」" in wang.last
    assert "过几天再拿出来问一次" in wang.last
    await wang.says("/学")
    assert quiz_of(wang) != quiz
    await answers(wang, quiz_of(wang).right)
    for days in (1, 3, 7):
        village.now += timedelta(days=days)
        await wang.says("/学")
        assert quiz_of(wang) == quiz
        assert "上次没答上" in wang.seen[-2].text
        await answers(wang, quiz.right)
    village.now += timedelta(days=30)
    await wang.says("/学")
    assert quiz_of(wang) != quiz


async def test_nothing_is_scored_and_nothing_is_owed(wang: Voice) -> None:
    await wang.says("/学")
    await wang.says("/学")
    await answers(wang, 0)  # of two open quizzes nobody can say which was meant
    assert wang.seen[-1].quiz is not None
    await answers(wang, 0)  # none is open
    for word in ("分", "名次", "排", "连续", "任务", "必须"):
        assert word not in wang.all.replace("15 天", "")


async def test_a_quiz_in_the_middle_of_a_report_leaves_it_open(wang: Voice) -> None:
    await wang.presses("报一件事")
    await wang.presses("管事的人办事不对")
    await wang.says("1")
    await wang.says("/学")
    await answers(wang, quiz_of(wang).right)
    await wang.says("书记小舅子包了塘")
    assert "哪一类" in wang.last


async def test_a_card_a_day_only_for_whoever_wishes(wang: Voice) -> None:
    await wang.presses("学一条")
    await wang.presses("每天发一条")
    assert "每天早上发一条" in wang.last
    await wang.presses("不要每天发")
    assert "不每天发了" in wang.last


def test_todays_card_is_sent_once_a_day(book: Book) -> None:
    assert todays_card({}, book, DAY) is None
    state = {"learn": Learning(daily=True).to_json()}
    card = todays_card(state, book, DAY)
    assert card is not None
    state = sent_today(state, card, DAY)
    assert todays_card(state, book, DAY) is None
    following = todays_card(state, book, DAY + timedelta(days=1))
    assert following is not None
    assert following.id != card.id


def test_a_card_is_sent_as_what_to_know_and_what_is_asked(book: Book) -> None:
    card = next_card(Learning(), book, DAY)
    assert card is not None
    known, asked = letters({}, book, card, DAY, "telegram", "u1")
    assert known.text.startswith(card.title)
    assert asked.quiz is not None
    assert asked.quiz.choices[asked.quiz.right] == card.quiz.choices[card.quiz.right]


def test_what_was_wrong_comes_first_and_all_ends_some_day(book: Book) -> None:
    learning, day, asked = Learning(), DAY, 0
    while (card := next_card(learning, book, day)) is not None:
        right = asked % 3 != 0
        learning = learning.put(card.id).answered(card.id, day, right=right)
        asked += 1
        if asked % 5 == 0:
            day += timedelta(days=1)
        assert asked < 5000
    assert asked > 120
    later = next_card(learning, book, day + timedelta(days=8))
    assert later is None or later.id in learning.again
    assert Learning.of({"learn": learning.to_json()}) == learning


async def test_an_answer_finds_its_card_though_another_quiz_is_open(village: Village) -> None:
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await wang.says("/学")
    await wang.presses("再来一条")
    first, second = [one.quiz for one in wang.seen if one.quiz][:2]
    assert first is not None
    assert second is not None
    async with village.database.write() as tx:
        await instance.put(tx, f"{door.QUIZ}poll1", first.id)
        await instance.put(tx, f"{door.QUIZ}poll2", second.id)
    for poll, quiz in (("poll1", first), ("poll2", second)):
        await village.hear(wang._said(Heard.QUIZ, message=poll, data=str(quiz.right)), wang)
        assert quiz.why in wang.last
