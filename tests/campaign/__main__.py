"""Run a campaign and print its figures: `python -m tests.campaign --kills 200`."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from sqlalchemy import make_url

from storage.database import default_url
from storage.migrations import migrate
from tests.campaign.run import Figures, campaign
from tests.journeys.founder import Founder


async def run(given: argparse.Namespace) -> Figures:
    """One campaign, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="campaign") as name:
        folder = Path(name)
        await migrate(default_url(folder))
        founder = Founder(folder, folder / "cunjian.db", "")
        founder.settings["CUNJIAN_LOG_LEVEL"] = "INFO"  # the journeys sweep logs at DEBUG
        if given.postgres:
            template = f"cunjian_campaign_{secrets.token_hex(4)}"
            url = make_url(given.postgres).set(database=template)
            founder.postgres = url.render_as_string(hide_password=False)
            await founder.admin(f"CREATE DATABASE {template}")
            await migrate(founder.postgres)
        try:
            return await campaign(
                founder,
                kills=given.kills,
                monitors=given.monitors,
                officers=given.officers,
                seconds=given.minutes * 60,
                pause=given.pause,
                seed=given.seed,
            )
        finally:
            await founder.leave()
            if given.postgres:
                await founder.admin(f"DROP DATABASE IF EXISTS {template} WITH (FORCE)")


def main() -> None:
    """Read the options; exit code 1 if anything was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--monitors", type=int, default=20)
    parser.add_argument("--officers", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after so long")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds that people think")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", default="", help="address of a server; empty: SQLite")
    figures = asyncio.run(run(parser.parse_args()))
    sys.stdout.write(f"{figures}\n")
    sys.exit(1 if figures.problems else 0)


if __name__ == "__main__":
    main()
