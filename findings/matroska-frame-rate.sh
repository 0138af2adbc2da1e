#!/bin/sh
# OpenCV's frames a second of a Matroska file are a thousand where its frames are not even, and it counts frames by that.
#
# Seen with opencv-python-headless 5.0.0.93 (its FFmpeg: avformat 62.12.101): of 40 MJPEG frames in 2.5 seconds, stamped
# as a camera that dims its rate gives them, CAP_PROP_FPS says 1000 (the ticks of Matroska's clock) and
# CAP_PROP_FRAME_COUNT 2565 (the duration times that). A file that does not tell how long it is (RFC 9559 leaves Duration
# out of a live recording) has -9223372036854775808 frames. CAP_PROP_POS_MSEC is right for every frame. Whoever divides a
# frame's number by the rate is wrong by a factor of sixty, and whoever compares how many were read with how many there
# are takes a whole file for one that breaks off.
#
# Fails when that changes. Needs python3 with venv, and a package index.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93
"$folder/venv/bin/python" - "$folder/film.mkv" > "$folder/seen" <<'PYTHON'
import struct
import sys

import cv2
import numpy as np


def box(name, *inner):
    body = b"".join(inner)
    return bytes.fromhex(name) + (len(body) | 1 << 56).to_bytes(8, "big") + body


def film(path, at_ms, lasts_ms):
    """MJPEG in Matroska (RFC 9559), a cluster a frame; ``lasts_ms`` None: its duration is not told."""
    clusters = []
    for i, at in enumerate(at_ms):
        picture = np.full((48, 64, 3), 100 + i, np.uint8)
        jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
        clusters.append(box("1F43B675", box("E7", at.to_bytes(4, "big")), box("A3", b"\x81\0\0\x80" + jpeg)))
    lasts = [] if lasts_ms is None else [box("4489", struct.pack(">d", lasts_ms))]
    head = box("1A45DFA3", box("4282", b"matroska"), box("4287", b"\4"), box("4285", b"\2"))
    info = box("1549A966", box("2AD7B1", (1_000_000).to_bytes(4, "big")), *lasts, box("4D80", b"x"), box("5741", b"x"))
    size = box("E0", box("B0", (64).to_bytes(2, "big")), box("BA", (48).to_bytes(2, "big")))
    track = box("AE", box("D7", b"\1"), box("73C5", b"\1"), box("83", b"\1"), box("86", b"V_MJPEG"), size)
    with open(path, "wb") as file:
        file.write(head + box("18538067", info, box("1654AE6B", track), *clusters))


at_ms = [0]
for i in range(39):
    at_ms.append(at_ms[-1] + (33, 50, 133, 41, 67)[i % 5])
for lasts_ms in (float(at_ms[-1] + 40), None):
    film(sys.argv[1], at_ms, lasts_ms)
    capture = cv2.VideoCapture(sys.argv[1], cv2.CAP_FFMPEG)
    told = f"fps {capture.get(cv2.CAP_PROP_FPS):.0f} frames {capture.get(cv2.CAP_PROP_FRAME_COUNT):.0f}"
    read = []
    while capture.grab():
        read.append(round(capture.get(cv2.CAP_PROP_POS_MSEC)))
    print(told, "read", len(read), "at the right times" if read == at_ms else "at other times")
PYTHON
cat > "$folder/expected" <<'SEEN'
fps 1000 frames 2565 read 40 at the right times
fps 1000 frames -9223372036854775808 read 40 at the right times
SEEN
if diff "$folder/expected" "$folder/seen"; then
    echo "as it was: OpenCV 5.0.0.93 tells 1000 frames a second of a Matroska file whose 40 frames take 2.5 s"
else
    echo "this has changed: see the lines above (<: as it was, >: now)" >&2
    exit 1
fi
