"""Files between the stages of the workflow (all npz files carry their own hash)."""

import csv
import gc
import json
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from waferloop.analysis.activation import Curves
from waferloop.analysis.traces import Traces
from waferloop.calibration import PER_PARAMETER, VERDICTS, Calibration
from waferloop.chip import geometry
from waferloop.chip.parameters import PARAMETERS
from waferloop.datasets import Dataset
from waferloop.errors import UserError
from waferloop.learning.checkpoint import load_arrays, save_arrays
from waferloop.learning.evaluation import Evaluation
from waferloop.mapping import Mapping
from waferloop.substrate import NeuronCodes, Placement, SpikeTrains

Row = dict[str, Any]


@contextmanager
def logged(log: str) -> Iterator[None]:
    """Send what a job prints to its log; a ``UserError`` becomes one line there.

    Linear algebra runs on one thread: with more, sums are taken in another order and the last bits
    would depend on the number of cores.

    Raises:
        SystemExit: the job failed; the log says why.
    """
    with open(log, "w", buffering=1) as file, redirect_stdout(file), redirect_stderr(file):
        try:
            with threadpool_limits(1):
                yield
        except UserError as error:
            file.write(f"error: {error}\n")
            raise SystemExit(1) from None
        except Exception:
            traceback.print_exc()
            raise SystemExit(1) from None
        finally:
            # the job ends here: to search all it has imported for garbage would take longer
            gc.freeze()


def write_csv(path: str | Path, rows: Iterable[Row]) -> None:
    """Write rows with the columns of the first."""
    rows = list(rows)
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: str | Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def save_dataset(path: str, data: Dataset) -> None:
    """Write the prepared images."""
    save_arrays(Path(path), asdict(data))


def load_dataset(path: str) -> Dataset:
    """Read the prepared images."""
    return Dataset(**load_arrays(Path(path)))


def save_projections(path: str, weights: list[NDArray[Any]]) -> None:
    """Write one array per projection."""
    save_arrays(Path(path), {f"weights_{n}": w for n, w in enumerate(weights)})


def load_projections(path: str) -> list[NDArray[Any]]:
    """Read what :func:`save_projections` wrote."""
    arrays = load_arrays(Path(path))
    return [arrays[f"weights_{n}"] for n in range(len(arrays))]


_CIRCUITS = ("denmems", "readout", "delay", "drivers")


def save_calibration(
    path: str, calibration: Calibration, wafer: int, settings: dict[str, Any]
) -> None:
    """Write the transfer of every circuit, with the wafer, the settings and the version."""
    arrays: dict[str, NDArray[Any]] = {
        f"{field}_{parameter}": getattr(calibration, field)[parameter.name]
        for field in PER_PARAMETER
        for parameter in PARAMETERS
    }
    arrays |= {name: getattr(calibration, name) for name in _CIRCUITS}
    from importlib import metadata

    about = {"wafer": wafer, "settings": settings, "waferloop": metadata.version("waferloop")}
    save_arrays(Path(path), arrays | {"about": np.array(json.dumps(about))})


def load_calibration(path: str) -> Calibration:
    """Read what :func:`save_calibration` wrote."""
    arrays = load_arrays(Path(path))
    fields: dict[str, Any] = {
        field: {parameter.name: arrays[f"{field}_{parameter}"] for parameter in PARAMETERS}
        for field in PER_PARAMETER
    }
    fields |= {name: arrays[name] for name in _CIRCUITS}
    return Calibration(**fields)


def calibration_rows(calibration: Calibration) -> Iterator[Row]:
    """One row per circuit and parameter; errors in hardware V or as logarithm of time or gain."""
    for n, denmem in enumerate(calibration.denmems):
        for parameter in (p.name for p in PARAMETERS):
            yield {
                "hicann": denmem // geometry.DENMEMS_PER_HICANN,
                "denmem": denmem % geometry.DENMEMS_PER_HICANN,
                "parameter": parameter,
                "offset": f"{calibration.offset[parameter][n]:.6g}",
                "slope": f"{calibration.slope[parameter][n]:.6g}",
                "residual": f"{calibration.residual[parameter][n]:.4g}",
                "error_before": f"{calibration.error_before[parameter][n]:.4g}",
                "error_after": f"{calibration.error_after[parameter][n]:.4g}",
                "verdict": VERDICTS[calibration.verdict[parameter][n]],
            }


def save_hicanns(path: str, hicanns: NDArray[np.int64]) -> None:
    """Write numbers of HICANNs."""
    save_arrays(Path(path), {"hicanns": hicanns})


def load_hicanns(path: str) -> NDArray[np.int64]:
    """Read what :func:`save_hicanns` wrote."""
    return load_arrays(Path(path))["hicanns"]


def save_mapping(path: str, mapping: Mapping) -> None:
    """Write circuits, synapse sites and buses."""
    placement = mapping.placement
    arrays = {f"sites_{n}": sites for n, sites in enumerate(placement.sites)}
    arrays |= {f"buses_{n}": buses for n, buses in enumerate(mapping.buses)}
    arrays |= {
        "layers": np.array(placement.layers),
        "denmems": placement.denmems,
        "links": placement.links,
    }
    save_arrays(Path(path), arrays)


def load_placement(path: str) -> Placement:
    """Read circuits and synapse sites from what :func:`save_mapping` wrote."""
    arrays = load_arrays(Path(path))
    layers = tuple(int(n) for n in arrays["layers"])
    sites = tuple(arrays[f"sites_{n}"] for n in range(len(layers) - 1))
    return Placement(layers, arrays["denmems"], sites, arrays["links"])


def loss_rows(mapping: Mapping) -> list[Row]:
    """Synapses that could not be placed, by place and cause; the last row is their sum."""
    synapses = sum(sites.size for sites in mapping.placement.sites)
    lost = sum(loss.synapses for loss in mapping.losses)
    together = {"projection": "all", "hicann": "", "bus": "", "resource": f"of {synapses}"}
    return [*(asdict(loss) for loss in mapping.losses), {**together, "synapses": lost}]


def placement_rows(placement: Placement) -> Iterator[Row]:
    """One row per neuron: where it is, and how many of its synapses were placed and lost."""
    neuron = 0
    for layer, sites in enumerate(placement.sites, 1):
        for index in range(sites.shape[1]):
            denmems = placement.denmems[neuron]
            hicann = int(geometry.hicann_of(denmems[0]))
            yield {
                "layer": layer,
                "neuron": index,
                "reticle": int(geometry.reticle_of(np.array(hicann))),
                "hicann": hicann,
                "denmems": " ".join(str(d % geometry.DENMEMS_PER_HICANN) for d in denmems),
                "synapses": int((sites[:, index] >= 0).sum()),
                "synapses_lost": int((sites[:, index] < 0).sum()),
            }
            neuron += 1


def save_codes(path: str, circuits: NeuronCodes) -> None:
    """Write the analog configuration."""
    arrays: dict[str, NDArray[Any]] = {f"code_{p}": c for p, c in circuits.codes.items()}
    arrays |= {"v_gmax": np.array(circuits.v_gmax), "gmax_div": circuits.gmax_div}
    save_arrays(Path(path), arrays)


def load_codes(path: str) -> NeuronCodes:
    """Read what :func:`save_codes` wrote."""
    arrays = load_arrays(Path(path))
    codes = {parameter.name: arrays[f"code_{parameter}"] for parameter in PARAMETERS}
    v_gmax = arrays["v_gmax"]
    return NeuronCodes(codes, (int(v_gmax[0]), int(v_gmax[1])), arrays["gmax_div"])


def write_json(path: str, value: Any) -> None:
    """Write JSON for people and programs."""
    Path(path).write_text(json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: str) -> Any:
    """Read JSON."""
    return json.loads(Path(path).read_text())


def save_evaluation(path: str, result: Evaluation) -> None:
    """Write a presentation of the test set; its speed does not enter the content hash."""
    arrays: dict[str, NDArray[Any]] = {
        "counts": result.counts,
        "decision": result.decision,
        "accuracy": np.array(result.accuracy),
        "metrics": np.array(json.dumps({"times_real_time": result.times_real_time})),
        "images": result.images,
    }
    for name in ("sent", "recorded"):
        trains = getattr(result, name)
        arrays |= {f"{name}_{part}": getattr(trains, part) for part in _TRAINS}
    save_arrays(Path(path), arrays)


_TRAINS = ("times", "addresses", "indptr", "labels")


def load_evaluation(path: str) -> Evaluation:
    """Read what :func:`save_evaluation` wrote."""
    arrays = load_arrays(Path(path))
    sent, recorded = (
        SpikeTrains(**{part: arrays[f"{name}_{part}"] for part in _TRAINS})
        for name in ("sent", "recorded")
    )
    return Evaluation(
        arrays["counts"],
        arrays["decision"],
        float(arrays["accuracy"]),
        json.loads(str(arrays["metrics"]))["times_real_time"],
        arrays["images"],
        sent,
        recorded,
    )


def save_curves(path: str, curves: Curves) -> None:
    """Write rates against input."""
    save_arrays(Path(path), asdict(curves))


def load_curves(path: str) -> Curves:
    """Read what :func:`save_curves` wrote."""
    return Curves(**load_arrays(Path(path)))


def save_traces(path: str, traces: Traces) -> None:
    """Write membrane traces."""
    save_arrays(Path(path), asdict(traces))


def load_traces(path: str) -> Traces:
    """Read what :func:`save_traces` wrote."""
    return Traces(**load_arrays(Path(path)))
