"""A SLURM cluster of the tests' own: a controller and two nodes of one core each, on loopback."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ROOT

PYTHON = ROOT / ".venv-slurm/bin/python"
"""With the plugin: where it is installed, Snakemake waits for a controller at every start."""
PATH = os.pathsep.join((os.environ["PATH"], "/usr/sbin"))
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun")
DAEMON = "WAFERLOOP_TEST_DAEMON"
"""Variable of a daemon and of those of job steps that it starts, which write their titles over all
others."""
NODES = ("one", "two")
MEMORY = 16_000
"""MB that each node says it has: jobs ask for less than a machine of the tests has in all."""
# credentials end soon: for so long, SLURM does not start anew what was on a node that died
CONFIG = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=30
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SlurmdTimeout=10
KillWait=2
OverTimeLimit=UNLIMITED
SlurmdParameters=config_overrides
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
StateSaveLocation={folder}/state
SlurmdPidFile={folder}/%n.pid
SlurmdLogFile={folder}/%n.log
SlurmdSpoolDir={folder}/%n
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
PartitionName=tests Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
NODE = (
    "NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 "
    "RealMemory={memory} State=UNKNOWN\n"
)


def free_ports(n):
    """Ports of loopback that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Cluster:
    """Daemons in the foreground, with all that they write in a folder."""

    def __init__(self, folder):
        self.folder, self.daemons = folder, {}
        for name in ("state", *NODES):
            (folder / name).mkdir()
        host, user = socket.gethostname().partition(".")[0], getpass.getuser()
        port, *ports = free_ports(1 + len(NODES))
        config = CONFIG.format(folder=folder, host=host, user=user, port=port)
        for node, port in zip(NODES, ports, strict=True):
            config += NODE.format(node=node, host=host, port=port, memory=MEMORY)
        (folder / "slurm.conf").write_text(config)
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        # the plugin takes this variable from steps of jobs
        (folder / "bin").mkdir()
        srun = folder / "bin/srun"
        conf = f"SLURM_CONF={folder}/slurm.conf"
        srun.write_text(f'#!/bin/sh\n{conf} exec {shutil.which("srun", path=PATH)} "$@"\n')
        srun.chmod(0o755)
        self.env = {
            **os.environ, "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{folder}/bin:{PATH}",
        }  # fmt: skip

    def up(self):
        """Start everything."""
        files = (
            f"--{name}={self.folder}/munge.{end}"
            for name, end in (
                ("key-file", "key"), ("socket", "socket"), ("pid-file", "pid"),
                ("log-file", "log"), ("seed-file", "seed"),
            )
        )  # fmt: skip
        # a folder of tests is no place for keys
        self._start("munged", "munged", "--foreground", "--force", *files)
        self.until(lambda: (self.folder / "munge.socket").exists())
        self._start("slurmctld", "slurmctld", "-D")
        for node in NODES:
            self.start(node)

    def _start(self, name, *command):
        with open(self.folder / f"{name}.out", "a") as out:
            self.daemons[name] = subprocess.Popen(
                command, env=self.env | {DAEMON: str(self.folder / name)}, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def until(self, true):
        """Wait for something to be true."""
        for _ in range(3000):
            if true():
                return
            time.sleep(0.2)
        logs = "\n".join(
            f"{path.name}: {path.read_text()[-2000:]}" for path in self.folder.glob("*.out")
        )
        raise AssertionError(f"the cluster does not answer\n{logs}")

    def ask(self, *command):
        """What a command of SLURM says."""
        return subprocess.run(
            command, env=self.env, capture_output=True, text=True, check=False
        ).stdout

    def state(self, node):
        """Of a node, such as ``idle``, ``mixed`` or ``down``."""
        return self.ask("sinfo", "--noheader", "--nodes", node, "--format", "%T").strip()

    def running(self):
        """Nodes of running jobs, by their numbers."""
        said = self.ask("squeue", "--noheader", "--states", "running", "--format", "%i %N")
        return dict(line.split() for line in said.splitlines())

    def start(self, node):
        """Start a node's daemon and wait for it to take jobs."""
        self._start(node, "slurmd", "-D", "-N", node)
        self.until(lambda: self.state(node) in ("idle", "mixed", "allocated"))

    def kill(self, node):
        """End a node's daemon and all that runs on it, as a loss of power does."""
        jobs = [number for number, where in self.running().items() if where == node]
        self._end([node], jobs)

    def _end(self, daemons, jobs):
        """Kill daemons, with those of job steps that they have started, and what jobs run."""
        marks = {f"{DAEMON}={self.folder}/{name}".encode() for name in daemons}
        ours = f"PATH={self.env['PATH']}".encode()
        numbers = {f"SLURM_JOB_ID={number}".encode() for number in jobs}
        victims = []
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                found = set((path / "environ").read_bytes().split(b"\0"))
                if marks & found or (ours in found and numbers & found):
                    victims.append(int(path.name))
        # all at once: none may live to tell of another one's end
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def stop(self):
        """End all jobs and daemons."""
        self._end(self.daemons, self.running())
        for daemon in self.daemons.values():
            daemon.wait()


def missing():
    """Why there can be no cluster here, if so."""
    if absent := [name for name in PROGRAMS if not shutil.which(name, path=PATH)]:
        return f"SLURM cannot be had here: no {', '.join(absent)} (slurm-wlm and munge of Debian)"
    return "" if PYTHON.exists() else "needs .venv-slurm: make test-slurm"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    if reason := missing():
        pytest.skip(reason)
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.up()
        yield made
    finally:
        made.stop()
