"""`python -m azrun`."""

from azrun.cli import main

main()
