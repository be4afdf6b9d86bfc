"""What a test needs and this machine or this build lacks: a skip for a person who tries one thing, a failure where everything was
promised (GD_REQUIRE_TOOLS, as tests/run.sh and CI say it), so that no test can fall silent there."""

import os

import pytest


def lack(why):
    assert not os.environ.get("GD_REQUIRE_TOOLS"), f"{why}, and GD_REQUIRE_TOOLS promises it"
    pytest.skip(why)
