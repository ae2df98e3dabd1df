"""Fingerprints of the code of a small package."""

import ast
import hashlib
import sys

import pytest
from waferloop.errors import UserError
from waferloop.experiment import source

FILES = {
    "__init__.py": "",
    "a.py": "import numpy\nimport os, waferloop.b\nfrom waferloop import c, settings\nA = 1\n",
    "b.py": "def f():\n    from waferloop.pkg.deep import e\n    return e\n",
    "c.py": "from waferloop.c_of_its_own import nothing\nfrom . import near\nC = 1\n",
    "pkg/__init__.py": "PKG = 1\n",
    "pkg/d.py": "import waferloop.a\n",
    "pkg/deep/__init__.py": "e = 1\n",
    "settings.py": "from waferloop import unused\nS = 1\n",
    "unused.py": "U = 1\n",
    "errors.py": "",
    "registry.py": "",
    "experiment/__init__.py": "",
    "experiment/rig.py": "from waferloop import a\nR = 1\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    root = tmp_path / "waferloop"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "pkg" / "data.txt").write_text("no code")
    monkeypatch.setattr(source, "ROOT", root)
    forget()
    yield root
    forget()


def forget():
    for cached in (source.fingerprint, source.modules, source.imports, source._hash, source._tree):
        cached.cache_clear()


def edits_that_count(package, *names):
    """Files whose code is part of the fingerprint of some modules."""
    forget()
    before, found = source.fingerprint(names), set()
    for file, text in FILES.items():
        (package / file).write_text(f"{text}EDITED = 1\n")
        forget()
        if source.fingerprint(names) != before:
            found.add(file)
        (package / file).write_text(text)
    forget()
    assert source.fingerprint(names) == before
    return found


def test_a_script_counts_by_its_code(tmp_path):
    script = tmp_path / "script.py"

    def hashed(text):
        script.write_text(text)
        return source.of_file(script)

    first = hashed("x = 1\n")
    assert hashed("# why\n\nx = 1\n") == first
    assert hashed("x = 2\n") != first


def test_a_module_comes_with_all_that_it_imports(package):
    deep = {"pkg/deep/__init__.py", "pkg/__init__.py"}
    assert edits_that_count(package, "waferloop.b") - deep == {"b.py"}
    counted = edits_that_count(package, "waferloop.a")
    assert {"a.py", "b.py", "c.py", "pkg/deep/__init__.py"} <= counted
    assert counted.isdisjoint({"settings.py", "unused.py", "pkg/d.py", "experiment/rig.py"})


def test_a_package_stands_for_all_its_modules(package):
    assert source.modules("waferloop.pkg") == (
        "waferloop.pkg",
        "waferloop.pkg.d",
        "waferloop.pkg.deep",
    )
    assert source.modules("waferloop.a") == ("waferloop.a",)
    assert {"pkg/__init__.py", "pkg/d.py", "a.py"} <= edits_that_count(package, "waferloop.pkg")


def test_the_rig_comes_without_what_it_calls(package):
    assert edits_that_count(package, "waferloop.experiment.rig") == {"experiment/rig.py"}


def test_imports_are_found_wherever_they_are_and_once(package):
    assert source.imports("waferloop.a") == ("waferloop.b", "waferloop.c", "waferloop.settings")
    assert source.imports("waferloop.b") == ("waferloop.pkg.deep",)
    # what is not there, or relative, names no module
    assert source.imports("waferloop.c") == ()


def test_a_fingerprint_is_that_of_names_and_code(package):
    code = hashlib.sha256(b"e = 1").hexdigest()
    expected = hashlib.sha256(f"waferloop.pkg.deep {code}".encode()).hexdigest()
    assert source.fingerprint(("waferloop.pkg.deep",)) == expected
    one, other = ("waferloop.unused", "waferloop.pkg.deep"), ("waferloop.pkg.deep",)
    assert source.fingerprint(one) == source.fingerprint(one[::-1]) != source.fingerprint(other)


def test_a_module_from_elsewhere_counts_alone(package, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    # another test's, of this name
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("")
    (tmp_path / "mine" / "other.py").write_text("import waferloop.c\n")
    assert source.modules("mine") == ("mine",)
    assert source.modules("mine.other") == ("mine.other",)
    # what it takes from this package is code that runs
    assert edits_that_count(package, "mine.other") == {"c.py"}


@pytest.mark.parametrize("name", ["nowhere", "nowhere.at.all", "math", "sys"])
def test_what_has_no_source_is_named(package, name):
    with pytest.raises(UserError, match=rf"^{name}: a registry names .*PYTHONPATH$"):
        source.fingerprint((name,))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a = 1  # why\n", "a = 1  # why"),
        ("# why\n    # why\na = 1\n", "a = 1"),
        ("a = 1   \n\n\nb = 2", "a = 1\nb = 2"),
        ('"""Doc."""\na = "# text"\n', 'a = "# text"'),
        ('a = 1\n"""Says\nwhat a is.\n"""\nb = 2\n', "a = 1\nb = 2"),
        ('a = """\n# text\n"""\n', 'a = """\n# text\n"""'),
        ("1\n...\nb'x'\n", "1\n...\nb'x'"),
        ('f("x")\n"x" + "y"\n', 'f("x")\n"x" + "y"'),
    ],
)
def test_code_is_what_does_something(text, code):
    assert source.code(text, ast.parse(text)) == code
