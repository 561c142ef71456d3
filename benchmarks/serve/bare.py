"""The most that this machine can do: the same work in one process, without HTTP, records or storage."""

import itertools
import threading
from collections.abc import Callable
from time import perf_counter

import cv2

from benchmarks.serve.load import Answer, Load
from benchmarks.serve.photos import PhotoSet
from vision.artefact import read_metadata
from vision.decoding import decode
from vision.detector import Detector
from vision.runtime import OpenVinoRuntime, Precision
from vision.starter import ARTEFACT

Work = Callable[[bytes], object]


def bare_work(precision: Precision, streams: int) -> Work:
    """Return decode at the scale the model needs + letterbox + infer + NMS, divided among two cores.

    Args:
        precision: of the inference.
        streams: inferences side by side, of two threads in total.
    """
    cv2.setNumThreads(-1)  # as many as there are: Ultralytics, which the peers' models came from, turns them off
    metadata = read_metadata(ARTEFACT)
    detector = Detector(OpenVinoRuntime(ARTEFACT, threads=2, streams=streams, precision=precision), metadata)

    def work(photo: bytes) -> object:
        decoded = decode(photo, long_side=metadata.input_size)
        return detector.detect(decoded.image, (decoded.width, decoded.height))

    return work


def loop(work: Work, threads: int, photos: PhotoSet, seconds: float, warm_up: float) -> Load:
    """Work on photos in turn with Python threads; the window is as in `client.keep_busy`."""
    answers: list[Answer] = []
    turn = itertools.cycle(photos.photos)  # `next` of it is one step under the interpreter's lock
    opening = perf_counter() + warm_up
    closing = opening + seconds

    def run() -> None:
        while (begin := perf_counter()) < closing:
            work(next(turn))
            answers.append(Answer(begin, perf_counter(), 200))

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return Load([answer for answer in answers if opening <= answer.end < closing], seconds)
