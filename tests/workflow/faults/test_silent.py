"""A network that does not fire: everything is made all the same, and says so."""

import json

import tiny_runs


def test_a_silent_network_is_told(tmp_path):
    config = tiny_runs.TINY.replace("encoding: {", "encoding: {rate_max: 0.01, ")
    assert config != tiny_runs.TINY
    # circuits as documented, none of which fires by itself
    config += "substrate: {variation: {scale: 0.0}}\n"
    (tmp_path / "tiny.yaml").write_text(config)
    code, said = tiny_runs.snakemake(tmp_path)
    assert code == 0, said
    results = tmp_path / tiny_runs.RESULTS
    warnings = json.loads((results / "summary.json").read_text())["warnings"]
    assert any(line.startswith("hidden_1: fires in less than a tenth") for line in warnings)
    report = (results / "report.html").read_text()
    assert "What to look at" in report
    for line in warnings:
        assert f"warning: {line}" in said
        assert line in report
