"""Seep in gdb: `gdb -p PID -x "$(seep gdb-script)"`, and then `help seep`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import seep_gdb.commands  # noqa: E402
import seep_gdb.functions  # noqa: E402

seep_gdb.commands.register()
seep_gdb.functions.register()
