"""What tiny-chat is taught: conversations made by a program, from the tables beside it."""

import shared  # noqa: F401
