from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from azrun.config import load_config
from azrun.errors import ConfigError

FUNCTION = {"name": "f", "path": "f.py"}
APPLICATION = {"name": "a", "functionsInstances": [{"name": "i", "ref": "f"}]}


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(manifest: Any = None, toml: str = "") -> Path:
        (tmp_path / "f.py").write_text("")
        whole = manifest or {"functions": [FUNCTION], "applications": [APPLICATION]}
        text = whole if isinstance(whole, str) else json.dumps(whole)
        (tmp_path / "azion.config.json").write_text(text)
        (tmp_path / "azrun.toml").write_text(toml)
        return tmp_path

    return write


def manifest(function: Any = None, application: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "functions": [FUNCTION | (function or {})],
        "applications": [APPLICATION | (application or {})],
    } | more


def test_a_folder_and_a_file_are_the_same(write: Any) -> None:
    folder = write()
    assert load_config(folder) == load_config(folder / "azion.config.json")
    assert load_config(folder).folder == folder


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"azion\.config\.json does not exist") as caught:
        load_config(tmp_path)
    assert "azrun init" in caught.value.hint
    assert caught.value.exit_code == 3


CRITERION = {"variable": "${uri}", "conditional": "if", "operator": "is_equal", "argument": "/"}
BEHAVIOR = {"type": "run_function", "attributes": {"value": "i"}}


def rules(**changes: Any) -> dict[str, Any]:
    rule = {"name": "r", "criteria": [[CRITERION]], "behaviors": [BEHAVIOR]} | changes
    return {"rules": {"request": [rule]}}


@pytest.mark.parametrize(
    ("whole", "says"),
    [
        ("{", r"is not JSON: .*line 1 column 2"),
        ('{"functions": [}', r"is not JSON: .*column 16"),
        ("[]", "valid dictionary"),
        (manifest(color="red"), r"Extra inputs are not permitted\n    path: color"),
        (manifest({"colour": 1}), r"not permitted\n    path: functions\.0\.colour"),
        (manifest({"name": ""}), r"path: functions\.0\.name"),
        (manifest({"path": "none.py"}), "the function 'f' has no file: .*none.py"),
        (manifest({"path": "azion.config.json"}), "the function 'f' is not Python"),
        (manifest({"executionEnvironment": "firewall"}), "is a firewall function"),
        (
            manifest(None, {"functionsInstances": [{"name": "i", "ref": "g"}]}),
            "the instance 'i' refers to a function 'g'",
        ),
        (manifest(None, {"active": False}), "has no active application"),
        (
            manifest(None, rules(criteria=[[CRITERION | {"operator": "contains"}]])),
            r"Input should be 'is_equal'.*\n    path: .*request\.0\.criteria\.0\.0\.operator",
        ),
        (manifest(None, rules(criteria=[[]])), r"at least 1 item.*\n.*criteria\.0"),
        (manifest(None, rules(criteria=[])), r"at least 1 item.*\n.*criteria"),
        (manifest(None, rules(behaviors=[])), r"at least 1 item.*\n.*behaviors"),
        (
            manifest(None, rules(criteria=[[CRITERION | {"variable": "uri"}]])),
            r"String should match pattern.*\n.*variable",
        ),
    ],
)
def test_a_manifest_that_cannot_be_used(write: Any, whole: Any, says: str) -> None:
    folder = write(whole)
    with pytest.raises(ConfigError, match=says) as caught:
        load_config(folder)
    assert str(folder) in caught.value.message or "function" in caught.value.message
    assert caught.value.hint.endswith(".")


def test_at_most_three_errors_are_shown(write: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(manifest(a=1, b=2, c=3, d=4)))
    assert "error #3" in caught.value.message
    assert "error #4" not in caught.value.message


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("x = 1\ny 2", r"azrun\.toml is not TOML: .*line 2"),
        ("color = 1", r"not permitted\n    path: color"),
        ("[limits]\nmemory_mb = 1", r"greater than or equal to 64\n    path: limits\.memory_mb"),
        ("[limits]\ncpu = 1", r"path: limits\.cpu"),
        ("[server]\nport = 70000", r"path: server\.port"),
        ('isolation = "none"', r"'cell' or 'request'\n    path: isolation"),
        ("[functions.g]", "settings for a function 'g'"),
        (
            "[functions.f.limits]\nmemory_mb = 1",
            r"greater than or equal to 64\n    path: functions\.f\.limits\.memory_mb",
        ),
        ("[functions.f.limits]\ncolor = 1", r"path: functions\.f\.limits\.color"),
        ('[models]\nstand_ins = "perhaps"', r"path: models\.stand_ins"),
        ('[models."a/b"]\ncontext = 4', r'path: models\."a/b"\.context$'),
    ],
)
def test_a_local_file_that_cannot_be_used(write: Any, toml: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        load_config(write(toml=toml))
    assert caught.value.hint.endswith(".")


def test_a_functions_own_limits_lie_over_the_common(write: Any) -> None:
    toml = "[limits]\ncpu_seconds = 5\nbody_mb = 7\n[functions.f.limits]\nbody_mb = 9\n"
    limits = load_config(write(toml=toml)).limits("f")
    assert (limits.cpu_seconds, limits.body_mb, limits.memory_mb) == (5, 9, 512)


def test_the_first_active_application_is_served(write: Any) -> None:
    applications = [APPLICATION | {"name": "off", "active": False}, APPLICATION | {"name": "on"}]
    config = load_config(write({"functions": [FUNCTION], "applications": applications}))
    assert config.application.name == "on"


def test_what_azion_knows_and_azrun_does_not_use_is_accepted(write: Any) -> None:
    more = {"workloads": [{"name": "w"}], "storage": [{"name": "s"}], "kv": [{"name": "k"}]}
    application = {"edgeCacheEnabled": False, "debug": True, "cache": [{"name": "c"}]}
    config = load_config(write(manifest({"runtime": "azion_js"}, application, **more)))
    assert config.manifest.workloads == [{"name": "w"}]
