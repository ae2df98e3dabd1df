"""Kills with signal 9 at a moment that a test has chosen, in whichever process that comes.

Python reads this at its start, from PYTHONPATH. The file `moment` beside it says of which call it
is the how many-th, and who is killed; calls are counted over all processes, in the file `count`.
"""

import builtins
import io
import os
import signal

HERE = os.path.dirname(os.path.abspath(__file__))
try:
    with open(os.path.join(HERE, "moment")) as file:
        CALL, NUMBER, WHO = file.read().split()
except FileNotFoundError:
    CALL, NUMBER, WHO = "none", "0", "nobody"


def due(path):
    """Whether this is the moment."""
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
    if not any(part in f"/{text}" for part in ("/results/", "/.snakemake/")):
        return False
    count = os.open(os.path.join(HERE, "count"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(count, b".")
    now = os.lseek(count, 0, os.SEEK_CUR)
    os.close(count)
    return now == int(NUMBER)


def kill():
    main = os.getpgid(0)
    if WHO == "group":
        os.killpg(main, signal.SIGKILL)
    os.kill(main if WHO == "main" else os.getpid(), signal.SIGKILL)


def killing(function, after):
    def wrapped(path, *arguments, **names):
        if due(path):
            if after:
                function(path, *arguments, **names)
            kill()
        return function(path, *arguments, **names)

    return wrapped


def half_written(function):
    def wrapped(path, mode="r", *arguments, **names):
        if "w" in mode and due(path):
            file = function(path, mode, *arguments, **names)
            file.write(b"PK\3\4half" if "b" in mode else '{"half": ')
            file.flush()
            kill()
        return function(path, mode, *arguments, **names)

    return wrapped


if CALL == "write":
    builtins.open = io.open = half_written(builtins.open)
elif CALL in ("before", "after"):
    os.replace = killing(os.replace, CALL == "after")
elif CALL == "remove":
    os.remove = killing(os.remove, True)
    os.unlink = killing(os.unlink, True)
