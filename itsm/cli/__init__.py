"""The command line. Whatever of it is imported first: this comes before typer is."""

import gc

from itsm.cli.late import postpone

postpone()
# A command makes tens of thousands of objects that stay, and hardly a cycle: looking for those every 700 objects is a tenth of its time.
gc.set_threshold(200_000)
