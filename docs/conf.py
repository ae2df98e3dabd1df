"""The documentation as a site: ``make site``."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]

project = "waferloop"
author = "The waferloop developers"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

# The whole checkout is the source, so that a link leads to the same file here and where Markdown
# is shown as it is. index.html of the site leads to docs/index.html.
root_doc = "docs/index"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "config/README.md",
    "resources/mnist/README.md",
    "docs/**",
]
exclude_patterns = [".*", "benchmarks", "build", "results", "tests", "workflow", "**/__pycache__"]
html_extra_path = ["site"]
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinxcontrib.programoutput",
]

myst_heading_anchors = 3
# a folder is no page to link to
nitpick_ignore = [("myst", "../benchmarks/results")]

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = f"waferloop {release}"
html_copy_source = False
html_show_copyright = False
