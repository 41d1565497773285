"""How a lead may move from state to state, read off the pack's tables of states and actions."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from knowledge.schema import Action, Outcome, State


@dataclass(frozen=True)
class Life:
    """The states a lead may be in, what may be done in each, and how it may end."""

    states: tuple[State, ...]
    actions: tuple[Action, ...]
    outcomes: tuple[Outcome, ...]

    @cached_property
    def _by_code(self) -> dict[str, State]:
        return {state.code: state for state in self.states}

    def state(self, code: str) -> State:
        """A state by its code. KeyError if there is none."""
        return self._by_code[code]

    def action(self, code: str) -> Action | None:
        """An action by its code."""
        return next((action for action in self.actions if action.code == code), None)

    def outcome(self, code: str) -> Outcome | None:
        """An outcome by its code."""
        return next((outcome for outcome in self.outcomes if outcome.code == code), None)

    def offered(self, code: str) -> tuple[Action, ...]:
        """What may be done with a lead in this state."""
        return tuple(action for action in self.actions if code in action.sources)

    def path(self, start: str, end: str) -> tuple[str, ...] | None:
        """The states walked through from `start` (left out) to `end` (included), or none.

        Only states marked `passing` may be walked through: each is one row of the history.
        """
        seen = {start}
        queue: deque[tuple[str, ...]] = deque([(start,)])
        while queue:
            walked = queue.popleft()
            for code in self.state(walked[-1]).next:
                if code == end:
                    return (*walked[1:], code)
                if code not in seen and self.state(code).passing:
                    seen.add(code)
                    queue.append((*walked, code))
        return None

    def endings(self, code: str) -> tuple[Outcome, ...]:
        """The outcomes that a lead in this state may lawfully end with."""
        return tuple(one for one in self.outcomes if self.path(code, one.state))

    def ended(self) -> frozenset[str]:
        """The states in which nobody has to do anything more."""
        return frozenset(state.code for state in self.states if state.coarse == "ended")


def life_of(entries: Iterable[object]) -> Life:
    """The life that a book's entries describe."""
    every = list(entries)
    return Life(
        tuple(one for one in every if isinstance(one, State)),
        tuple(one for one in every if isinstance(one, Action)),
        tuple(one for one in every if isinstance(one, Outcome)),
    )
