"""What is told of the configuration is what the settings say."""

import subprocess
import sys

import pytest
import yaml
from conftest import ROOT
from jsonschema import Draft202012Validator
from waferloop.errors import UserError
from waferloop.experiment import config as configuration
from waferloop.experiment import keys, reference

SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
CONFIGS = sorted((ROOT / "config").glob("*.yaml"))


@pytest.fixture(scope="module")
def schema():
    return yaml.safe_load(SCHEMA.read_text())


def test_schema_and_table_are_up_to_date():
    assert SCHEMA.read_text() == reference.schema(), "make schema"
    page = (ROOT / "config/README.md").read_text()
    assert page == reference.with_table(page), "make schema"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_shipped_configurations_fit_the_schema(schema, path):
    given = yaml.safe_load(path.read_text())
    Draft202012Validator(schema).validate(given)
    Draft202012Validator(schema).validate(configuration.complete(given))


@pytest.mark.parametrize(
    "given",
    [
        {"runs": 0},
        {"runs": "2.5"},
        {"sead": 1},
        {"loop": {"iteration": 1}},
        {"loop": {"gradient": "magic"}},
        {"loop": {"update_bits": 1}},
        {"dataset": {"classes": [0, 0]}},
        {"network": {"hidden": [0]}},
        {"conversion": {"gmax_div": [31]}},
        {"substrate": {"denmems_per_neuron": 3}},
        {"experiment": "../x"},
        {"sweep": {"parameters": {"loop.batch": []}}},
    ],
)
def test_the_schema_refuses_what_the_checks_refuse(schema, given):
    assert not Draft202012Validator(schema).is_valid(given)
    with pytest.raises(UserError):
        configuration.complete(given)


def test_the_schema_says_what_the_settings_say(schema, config):
    Draft202012Validator.check_schema(schema)
    found = {}

    def walk(part, path=""):
        assert part["description"]
        for name, inner in part.get("properties", {}).items():
            walk(inner, f"{path}{name}.")
        if "properties" not in part:
            found[path[:-1]] = part

    walk(schema)
    assert list(found) == list(keys.every())
    for name, key in keys.every().items():
        assert found[name]["default"] == key.default
        assert found[name].get("unit", "") == key.about.unit
        assert found[name].get("source", "") == key.about.source


def test_every_key_says_what_it_means():
    for name, key in keys.every().items():
        assert key.about.meaning.strip(), name
        assert not key.about.meaning.endswith("."), name


def test_a_page_without_a_place_for_the_table_is_left():
    with pytest.raises(UserError, match="make schema"):
        reference.with_table("# Configuration\n")


def test_keys_are_explained():
    text = reference.explain("encoding.duration")
    words = ["encoding.duration", "how long", "biological ms", "900.0", "≥ 1", "recalled"]
    assert [word for word in words if word not in text] == []
    section = reference.explain("loop.failures")
    assert "loop.failures.iteration" in section
    assert "loop.failures.denmem" in section
    assert "die" in section
    assert all(f"\n{name}\n" in reference.explain() for name in keys.every())
    with pytest.raises(UserError, match=r"did you mean loop\.batch\?"):
        reference.explain("loop.bach")


def command(*arguments):
    whole = [sys.executable, "-m", "waferloop", *arguments]
    return subprocess.run(whole, capture_output=True, text=True, check=False)


def test_command_line(tmp_path):
    assert "training images per update" in command("explain", "loop.batch").stdout
    assert command("schema").stdout == SCHEMA.read_text()
    page = tmp_path / "page.md"
    page.write_text("\n".join(("above", *reference.MARKS, "below")))
    assert command("table", str(page)).returncode == 0
    assert command("table").stdout in page.read_text()
    wrong = command("explain", "loop.bach")
    assert wrong.returncode == 1
    assert wrong.stderr == "error: loop.bach: unknown key; did you mean loop.batch?\n"


def test_settings_cost_nothing_to_import():
    code = "import sys, waferloop.settings; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout
    assert not {"pydantic", "scipy", "yaml"} & set(loaded.decode().split())
