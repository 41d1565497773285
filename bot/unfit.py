"""Why the program must not run like this."""


class Unfit(Exception):
    """The program must not run like this; `key` names the sentence that says why."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values
