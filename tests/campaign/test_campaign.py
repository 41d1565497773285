"""A short campaign: ten kills at random instants, and nothing is lost or doubled."""

from __future__ import annotations

from pathlib import Path

from tests.campaign.run import campaign
from tests.journeys.founder import Founder


async def test_ten_kills_lose_and_double_nothing(tmp_path: Path, sqlite_template: Path) -> None:
    founder = Founder(tmp_path, sqlite_template, "")
    try:
        figures = await campaign(founder, kills=10, monitors=8, officers=2, pause=0.1)
    finally:
        await founder.leave()
    assert not figures.problems, str(figures)
    assert (figures.kills, figures.lost, figures.doubled) == (10, 0, 0)
