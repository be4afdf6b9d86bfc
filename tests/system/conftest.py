"""Makes the harness and its fixtures known to every system test."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

pytest_plugins = ["harness.plugin"]
