"""A file becomes a network that can be asked.

Enters: an ONNX file. Leaves: a `Network` of a known family. Refuses (`UnusableDetector`): files that are none, networks
of no known form, in one message that says what was found, what is wanted, and what to export.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.camera.networks.form import Answer, Family, Form, Intake, Port, Unfit
from edge.camera.networks.recognise import WANTED, recognised, tried_with, unknown

SEE: Final = "See docs/cameras.md, or take the shipped one: leave `detector` of [eyes] out"
OPSET: Final = 17
"""What to export for: every onnxruntime that Tebura runs with reads it."""
_TOO_NEW: Final = re.compile(
    r"[Oo]pset (?P<opset>\d+) is under development.*till opset (?P<most>\d+)"
    r"|IR version: (?P<ir>\d+), max supported IR version: (?P<most_ir>\d+)",
    re.DOTALL,
)


class UnusableDetector(ValueError):
    """A file that is no detector; the text says why, and what to do."""


class Network:
    """One file, loaded once. Not for several threads at once."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        self.path = path
        self.heard = False
        """Whether it has ever told a score above zero."""
        self._session = _session(path, threads)
        self._outputs = [str(output.name) for output in self._session.get_outputs()]
        try:
            form = self._form()
            self._name = form.inputs[0].name if form.inputs else ""
            self.family: Family = recognised(self._tried(form))
            self.shown(self.given(self.family.intake), 0.5)
        except Unfit as error:
            raise UnusableDetector(f"{path} is no detector: {error}. {SEE}") from error

    def shown(self, paper: NDArray[Any], least: float) -> Answer:
        """What it finds in its input, with a score from ``least`` on. `Unfit` where that is no answer."""
        outputs = self._session.run(self._outputs, {self._name: paper})
        if any(np.isnan(output).any() for output in outputs if output.dtype.kind == "f"):
            raise Unfit("answers what is no number")
        self.heard = self.heard or self.family.loudest(outputs) > 0.0
        across, down = (2, 1) if self.family.intake.by_pixel else (3, 2)
        return self.family.answer(outputs, paper.shape[across], paper.shape[down], least)

    @staticmethod
    def given(intake: Intake) -> NDArray[Any]:
        """A black picture."""
        sides, colours = (intake.height, intake.width), intake.colours
        return np.zeros((1, *sides, colours) if intake.by_pixel else (1, colours, *sides), intake.number)

    def _form(self) -> Form:
        def ports(some: Sequence[Any]) -> tuple[Port, ...]:
            return tuple(Port(str(port.name), str(port.type), tuple(port.shape)) for port in some)

        metadata = self._session.get_modelmeta().custom_metadata_map
        return Form(ports(self._session.get_inputs()), ports(self._session.get_outputs()), dict(metadata))

    def _tried(self, form: Form) -> Form:
        """The same with the shapes of its outputs as they come out: what it says of open sides tells nothing."""
        paper = self.given(tried_with(form))
        try:
            outputs = self._session.run(self._outputs, {self._name: paper})
        except Exception as error:  # onnxruntime's own errors have no common kind
            raise Unfit(unknown(form, f", but it fails on a picture ({brief(error)})")) from error
        came = tuple(
            replace(port, shape=tuple(getattr(output, "shape", ())))
            for port, output in zip(form.outputs, outputs, strict=True)
        )
        if any(np.isnan(output).any() for output in outputs if output.dtype.kind == "f"):
            raise Unfit(unknown(form, ", and answers what is no number"))
        return replace(form, outputs=came)


def _session(path: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    # Between two pictures its threads sleep: the shop's own process may live on the same cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not path.is_file():
        remedy = "Correct `detector` of [eyes] in site.toml, or leave it out"
        raise UnusableDetector(f"there is no detector {path}. {remedy}")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        new = _TOO_NEW.search(str(error))
        if new is not None:
            kind = "opset" if new["opset"] else "IR version"
            found, most = new["opset"] or new["ir"], new["most"] or new["most_ir"]
            reads = f"onnxruntime {onnxruntime.__version__} reads up to {most}"
            remedy = f"export it with opset={OPSET}, or install a newer onnxruntime"
            raise UnusableDetector(f"{path} is an ONNX network of {kind} {found}, and {reads}: {remedy}") from error
        what = f"{path} cannot be read as an ONNX network ({brief(error)})"
        raise UnusableDetector(f"{what}. Wanted: {WANTED}. {SEE}") from error


def brief(error: Exception) -> str:
    """The beginning of what an error says."""
    return " ".join(str(error).split())[:160]
