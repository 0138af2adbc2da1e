"""Ultralytics, kept off the network, and whole where torchvision is not.

Enters: nothing, or a file of weights. Leaves: the imported package, or the network. Refuses: a Python without it, and
files that are no weights, naming the remedy.

Its switches are environment variables that it reads when it is imported, so nobody in `models` imports it but through
here: no settings sync, no telemetry, no pip of its own, no download of weights and fonts. Its settings lie in a folder
of ours, which goes with the process.

Torchvision from a registry is often built for CUDA, and beside a CPU build of torch it refuses to be imported
(`operator torchvision::nms does not exist`). For detection ultralytics wants one function of it, the suppression of
doubles, and brings its own besides (`TorchNMS`), which it uses only as long as nobody imported torchvision; but its
validator imports it, always. So where the real one does not load, a stand-in is registered that knows `ops.nms` alone,
and that is ultralytics' own. Only the metadata of an installed torchvision must be there: its version is asked for.
"""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

WANTED = "training needs torch and ultralytics, which are not here: pip install 'tebura[train]'"


class CannotTrain(Exception):
    """One line for the person at the terminal, with the remedy."""


def ultralytics() -> Any:
    """The package, imported so that it asks nobody anything."""
    if "ultralytics" not in sys.modules:
        _close_the_doors()
    try:
        package = importlib.import_module("ultralytics")
        _stand_in_for_torchvision()
    except ImportError as missing:
        raise CannotTrain(f"{WANTED} ({missing})") from missing
    return package


def weights_in(path: Path) -> tuple[Any, Mapping[str, Any]]:
    """A network, and what else its file tells."""
    if not path.is_file():
        raise CannotTrain(f"{path}: no such weights: train first, or name RUN/weights/best.pt")
    ultralytics()
    try:
        network, told = importlib.import_module("ultralytics.nn.tasks").load_checkpoint(str(path))
    except Exception as error:  # whatever torch makes of a file that is none
        why = " ".join(str(error).split())[:100]
        raise CannotTrain(f"{path}: these are no detector's weights: name RUN/weights/best.pt ({why})") from error
    return network, told


def _close_the_doors() -> None:
    settings = tempfile.mkdtemp(prefix="tebura-ultralytics-")
    atexit.register(shutil.rmtree, settings, ignore_errors=True)
    os.environ.update(
        YOLO_OFFLINE="true", YOLO_AUTOINSTALL="false", YOLO_CONFIG_DIR=settings, YOLO_VERBOSE="false"
    )  # fmt: skip
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))


def _stand_in_for_torchvision() -> None:
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError, OSError):
        for broken in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[broken]
        stand_in, ops = ModuleType("torchvision"), ModuleType("torchvision.ops")
        stand_in.__spec__, ops.__spec__ = ModuleSpec("torchvision", None), ModuleSpec("torchvision.ops", None)
        vars(ops)["nms"] = importlib.import_module("ultralytics.utils.nms").TorchNMS.nms
        vars(stand_in)["ops"] = ops
        sys.modules |= {"torchvision": stand_in, "torchvision.ops": ops}
