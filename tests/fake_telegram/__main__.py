"""Run the fake server alone: `python -m tests.fake_telegram --port 8081 --token 42:TEST`."""

from __future__ import annotations

import argparse
import asyncio
import sys

from . import FakeTelegram


async def _run(port: int, token: str) -> None:
    api = FakeTelegram(token)
    await api.start(port)
    sys.stdout.write(f"{api.url}\n")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await api.stop()


def main() -> None:
    """Read the options and listen until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port; it is printed")
    parser.add_argument("--token", default="42:TEST")
    given = parser.parse_args()
    try:
        asyncio.run(_run(given.port, given.token))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
