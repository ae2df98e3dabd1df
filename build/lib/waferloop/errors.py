"""The one exception that a user is meant to read."""


class UserError(Exception):
    """Something that the user can mend: the message names the key, the value and the remedy."""
