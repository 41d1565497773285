"""Places and offices: what happens somewhere reaches the nearest office up the tree."""

from __future__ import annotations

import pytest

from storage import places
from tests.storage.conftest import House


async def test_the_nearest_office_hears_it(house: House) -> None:
    async with house.database.write() as tx:
        assert await places.office_for(tx, house.village.id) == house.office
        assert await places.office_for(tx, house.street.id) == house.office
        assert await places.office_for(tx, house.district.id) == house.above
        other = await places.add_place(
            tx, kind="street", name="无办街道", parent_id=house.district.id
        )
        assert await places.office_for(tx, other.id) == house.above
        assert await places.office_for(tx, "nowhere") is None


async def test_the_office_above(house: House) -> None:
    async with house.database.read() as tx:
        assert await places.office_above(tx, house.office.id) == house.above
        assert await places.office_above(tx, house.above.id) is None
        assert await places.office_above(tx, "none") is None


async def test_the_way_down_to_a_place(house: House) -> None:
    async with house.database.read() as tx:
        path = await places.path_of(tx, house.village.id)
        assert path == [house.district, house.street, house.village]
        assert await places.get_place(tx, house.village.id) == house.village
        assert len(await places.all_places(tx)) == 3
        assert [o.code for o in await places.all_offices(tx)] == ["QS", "YX"]


async def test_a_group_is_one_offices(house: House) -> None:
    async with house.database.write() as tx:
        await places.bind_chat(tx, house.office.id, "telegram", "-5", house.now)
        await places.bind_chat(tx, house.above.id, "telegram", "-5", house.now)
        bound = await places.office_by_chat(tx, "telegram", "-5")
        assert bound is not None
        assert (bound.id, bound.chat) == (house.above.id, "-5")
        before = await places.get_office(tx, house.office.id)
        assert before is not None
        assert before.chat == ""
        await places.unbind_chat(tx, house.above.id)
        assert await places.office_by_chat(tx, "telegram", "-5") is None


async def test_card_levels(house: House) -> None:
    async with house.database.write() as tx:
        await places.set_card_level(tx, house.office.id, "notice")
        office = await places.get_office(tx, house.office.id)
        assert office is not None
        assert office.card_level == "notice"
        with pytest.raises(ValueError, match="card level"):
            await places.set_card_level(tx, house.office.id, "everything")


@pytest.mark.parametrize("code", ["", "A", "ab", "ABC", "甲乙", "A1"])
async def test_an_offices_code_is_two_letters(house: House, code: str) -> None:
    async with house.database.write() as tx:
        with pytest.raises(ValueError, match="two letters"):
            await places.add_office(tx, place_id=house.village.id, name="x", code=code)
