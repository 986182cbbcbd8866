"""Cells → their files: what is missing is computed in processes, each file whole or absent."""

import json
import logging
import os
import shutil
import time
import warnings
from collections.abc import Callable

import torch
from joblib import Parallel, delayed

from ehsaas.evaluation import predictions
from ehsaas.experiments import (
    baselines,
    classical,
    enrolment,
    final,
    joint,
    left_out_disturbed,
    methods,
    networks,
    robustness,
    switching,
)
from ehsaas.experiments.material import Setup
from ehsaas.experiments.networks import Trained
from ehsaas.experiments.protocols import Cell

LOG = logging.getLogger("ehsaas.run")

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, steps done, steps in all)."""

NETWORKS = {
    "within": networks.within,
    "reference": networks.within,
    "pair": networks.pair,
    "pooled": networks.pooled,
    "adaptation": networks.adaptation,
    "joint": joint.network,
    "robust-network": robustness.network,
    "robust": robustness.judge,
    "left-out-disturbed": left_out_disturbed.judge,
    "switching": switching.judge,
    "methods": methods.judge,
    "enrolment": enrolment.judge,
    "recogniser": final.recogniser,
}
BASELINES = {
    "within-baselines": baselines.within,
    "reference-baselines": baselines.within,
    "pair-baselines": baselines.pair,
    "pooled-baselines": baselines.pooled,
    "adaptation-baselines": baselines.adaptation,
    "joint-baselines": joint.rivals,
    "classical": classical.grid,
}


_NEEDED = ("pooled", "robust-network")
"""Cells whose networks others need."""


class OrphanedError(RuntimeError):
    """The run that this worker belonged to is gone; another may be writing the same files."""


def compute(setup: Setup, todo: list[Cell], tell: Progress) -> int:
    """Compute the cells that have no file yet; networks that others need come first.

    Returns:
        How many were computed.
    """
    waves = [
        [cell for cell in todo if cell.kind.startswith(_NEEDED)],
        [cell for cell in todo if not cell.kind.startswith(_NEEDED)],
    ]
    done = computed = 0
    for wave in waves:
        missing = [cell for cell in wave if not _done(setup, cell)]
        done += len(wave) - len(missing)
        computed += len(missing)
        tell("training", done, len(todo))
        results = Parallel(n_jobs=setup.config.workers, return_as="generator_unordered")(
            delayed(compute_one)(setup, cell, os.getpid()) for cell in missing
        )
        with warnings.catch_warnings():
            # a worker that has grown is replaced by a fresh one, which is no trouble
            warnings.filterwarnings("ignore", "A worker stopped while some jobs were given")
            for key, seconds in results:
                done += 1
                LOG.info("cell %s took %.1f s (%d of %d)", key, seconds, done, len(todo))
                tell("training", done, len(todo))
    return computed


def _done(setup: Setup, cell: Cell) -> bool:
    return (setup.run / "cells" / f"{cell.key}.json").is_file()


def compute_one(setup: Setup, cell: Cell, run: int) -> tuple[str, float]:
    """One cell → its key and the seconds it took; its JSON file is written last.

    Args:
        setup: of the run.
        cell: what to compute.
        run: process id of the run; a worker that has outlived it takes no further cell.

    Raises:
        OrphanedError: the run is gone.
    """
    if run not in (os.getpid(), os.getppid()):
        raise OrphanedError(f"the run with process id {run} has ended")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # arithmetic on numbers that are as good as 0 is slow
    began = time.time()
    if cell.kind in BASELINES:
        result = Trained(BASELINES[cell.kind](setup, cell), [])
    else:
        result = NETWORKS[cell.kind](setup, cell)
    folder = setup.run / "cells"
    if result.predictions.height:
        predictions.write(result.predictions, folder / f"{cell.key}.parquet")
    seconds = time.time() - began
    about = {
        "histories": result.histories,
        "notes": result.notes,
        "remarks": result.remarks,
        "seconds": seconds,
    }
    aside = folder / f"{cell.key}.{os.getpid()}.part"
    aside.write_text(json.dumps(about))
    aside.replace(folder / f"{cell.key}.json")
    shutil.rmtree(setup.run / "fits" / cell.key, ignore_errors=True)
    return cell.key, seconds
