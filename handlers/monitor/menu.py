"""The monitor's front door: what she can do, one tap away."""

from handlers.messages import Button, Keyboard
from handlers.turn import BEIJING, Turn, link

__all__ = ["BEIJING", "home_row", "rows", "show"]


def rows() -> Keyboard:
    """The buttons of the front door."""
    return (
        (link("menu.button.report", "m.report"),),
        (link("menu.button.mine", "m.mine"), link("menu.button.drafts", "m.drafts")),
        (link("menu.button.lists", "m.lists"), link("check_talk.button.begin", "k.all")),
        (link("learn.button.one", "y.one"), link("menu.button.help", "m.help")),
    )


def home_row() -> tuple[Button, ...]:
    """The way back to the front door, for the foot of any screen."""
    return (link("menu.button.menu", "m.home"),)


def show(turn: Turn) -> None:
    """The front door itself."""
    turn.tell("menu.menu", rows())
