"""The border: bytes on a topic <-> records, and the files that recordings are kept in.

Enters: a topic, its payload and when it was received. Leaves: one record; a payload that cannot become one is
a `Refused` record with the reason, never an exception. Nothing behind this room validates again.
"""

from edge.wire.codec import (
    decode,
    encode_age,
    encode_answered,
    encode_contested,
    encode_counted,
    encode_decided,
    encode_mode,
    encode_passage,
    encode_payout,
    encode_people,
    encode_points,
    encode_recalled,
    encode_reply,
    encode_scan,
    encode_store,
    encode_tab_settled,
    encode_tick,
    encode_trouble,
    encode_weight,
    people_payload,
    without_embeddings,
)
from edge.wire.recording import RUNTIME, Heard, Loss, Recording, RecordingWriter, UnreadableRecording, open_recording

__all__ = [
    "RUNTIME",
    "Heard",
    "Loss",
    "Recording",
    "RecordingWriter",
    "UnreadableRecording",
    "decode",
    "encode_age",
    "encode_answered",
    "encode_contested",
    "encode_counted",
    "encode_decided",
    "encode_mode",
    "encode_passage",
    "encode_payout",
    "encode_people",
    "encode_points",
    "encode_recalled",
    "encode_reply",
    "encode_scan",
    "encode_store",
    "encode_tab_settled",
    "encode_tick",
    "encode_trouble",
    "encode_weight",
    "open_recording",
    "people_payload",
    "without_embeddings",
]
