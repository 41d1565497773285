"""A group reads content only when nobody is in it but the office's own."""

from handlers.office import cards, guarding
from storage import leads, places
from storage.people import Role
from tests.handlers.test_report import STORY, answer_all, begin, send
from tests.handlers.village import Village


async def card(village: Village) -> str:
    async with village.database.read() as tx:
        lead = (await leads.open_of(tx, village.office.id))[0]
        view = await cards.draw(tx, village.house.book, lead.id, "telegram", "-100")
    assert view is not None
    return view.text


async def look(
    village: Village, *, public: bool = False, members: int, inside: int | None = None
) -> int:
    async with village.database.write() as tx:
        office = await places.get_office(tx, village.office.id)
        assert office is not None
        out = await guarding.looked(
            tx, office, public=public, members=members, now=village.now, inside=inside
        )
    return len(out)


async def test_a_stranger_does_not_pass_for_an_officer_who_is_not_there(village: Village) -> None:
    await village.invited(Role.OFFICER, "周建国", "o1")
    await village.invited(Role.OFFICER, "陈晓燕", "o2")
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await answer_all(wang, STORY)
    await send(wang)
    await look(village, members=3, inside=1)  # the bot, one officer, and somebody
    assert "大塘" not in await card(village)
    await look(village, members=2, inside=1)
    assert "大塘" in await card(village)


async def test_numbers_only_until_the_group_was_looked_at_and_is_clean(village: Village) -> None:
    await village.invited(Role.OFFICER, "周建国", "o1")
    wang = await village.invited(Role.MONITOR, "王阿婆", "u1")
    await begin(wang)
    await answer_all(wang, STORY)
    await send(wang)
    assert "大塘" not in await card(village)

    assert await look(village, members=2) == 0
    assert "大塘" in await card(village)

    assert await look(village, members=3) == 1
    assert "大塘" not in await card(village)

    assert await look(village, public=True, members=2) == 1
    async with village.database.read() as tx:
        office = await places.get_office(tx, village.office.id)
    assert office is not None
    assert office.chat == ""
