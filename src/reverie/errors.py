"""The one error a user is meant to read."""


class ReverieError(Exception):
    """Something about the input is wrong, and the user can put it right.

    The message is one sentence: what is wrong, with which input. The hint says what to do.
    The command line prints both on stderr and exits with code 2; nothing half-written stays behind.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint
