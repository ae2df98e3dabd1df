"""An experiment that nothing has disturbed."""

import pytest
import tiny_runs


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """Folder of its results."""
    folder = tmp_path_factory.mktemp("undisturbed")
    code, said = tiny_runs.snakemake(folder, *tiny_runs.SUMMARY)
    assert code == 0, said
    return folder
