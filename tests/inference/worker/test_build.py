from __future__ import annotations

import json
import subprocess
import sys


def test_a_build_describes_itself_and_prints_nothing_else() -> None:
    command = [sys.executable, "-P", "-m", "azrun.inference.worker.build"]
    done = subprocess.run(command, capture_output=True, check=True)
    about = json.loads(done.stdout)
    assert about["version"].count(".") == 2
    assert "CPU" in about["backends"]
    assert about["devices"][0]["type"] in ("cpu", "gpu", "igpu", "accelerator")
    assert about["devices"][0]["total"] >= about["devices"][0]["free"] >= 0
    assert isinstance(about["offloads"], bool)
    assert "=" in about["features"]
