"""What EPCIS 2.0 and its Core Business Vocabulary 2.0 ask of an event, as far as ours go.

GS1's own schema may not be passed on, so this one is written by hand after the standard (ISO/IEC 19987 and 19988): what
must be there, and the form of each part. Like GS1's it takes any bare word for a step; the word lists are beside it.
"""

from __future__ import annotations

import re
from typing import Any, Final

URI: Final = {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:[^\s]+$"}
MOMENT: Final = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
WORD: Final = {"anyOf": [{"type": "string", "pattern": r"^[a-z_]+$"}, URI]}
PLACE: Final = {"type": "object", "required": ["id"], "properties": {"id": URI}}

EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "eventTime", "eventTimeZoneOffset", "action"],
    "anyOf": [{"required": ["epcList"]}, {"required": ["quantityList"]}],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "ObjectEvent"},
        "eventID": URI,
        "eventTime": MOMENT,
        "eventTimeZoneOffset": {"type": "string", "pattern": r"^[+-]((0\d|1[0-3]):[0-5]\d|14:00)$"},
        "action": {"enum": ["ADD", "OBSERVE", "DELETE"]},
        "bizStep": WORD,
        "disposition": WORD,
        "readPoint": PLACE,
        "bizLocation": PLACE,
        "epcList": {"type": "array", "items": URI},
        "quantityList": {
            "type": "array", "minItems": 1,
            "items": {
                "type": "object", "required": ["epcClass"], "additionalProperties": False,
                "properties": {
                    "epcClass": URI, "quantity": {"type": "number", "exclusiveMinimum": 0}, "uom": {"type": "string"}
                },
            },
        },
        "bizTransactionList": {
            "type": "array",
            "items": {
                "type": "object", "required": ["bizTransaction"], "properties": {"type": WORD, "bizTransaction": URI}
            },
        },
    },
}  # fmt: skip
DOCUMENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    "properties": {
        "@context": {"type": "array", "contains": {"pattern": r"^https://ref\.gs1\.org/.*epcis-context\.jsonld$"}},
        "type": {"const": "EPCISDocument"},
        "schemaVersion": {"type": "string", "pattern": r"^\d+(\.\d+)*$"},
        "creationDate": MOMENT,
        "epcisBody": {
            "type": "object", "required": ["eventList"],
            "properties": {"eventList": {"type": "array", "items": EVENT}},
        },
    },
}  # fmt: skip

STEPS: Final = frozenset(re.findall(
    r"\w+", "accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting "
    "decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting "
    "installing killing loading other packing picking receiving removing repackaging repairing replacing reserving "
    "retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting "
    "unloading unpacking void_shipping",
))  # fmt: skip
DISPOSITIONS: Final = frozenset(re.findall(
    r"\w+",
    "active available completeness_inferred completeness_verified conformant container_closed container_open "
    "damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class "
    "mismatch_instance mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other "
    "partially_dispensed recalled reserved retail_sold returned sellable_accessible sellable_not_accessible "
    "stolen unavailable unknown",
))  # fmt: skip


def faults(document: dict[str, Any]) -> list[str]:
    """What is wrong with it, by the form and by the words."""
    import jsonschema

    found = [error.message for error in jsonschema.Draft202012Validator(DOCUMENT).iter_errors(document)]
    for event in document.get("epcisBody", {}).get("eventList", []):
        for key, words in (("bizStep", STEPS), ("disposition", DISPOSITIONS)):
            if ":" not in event.get(key, ":") and event[key] not in words:
                found.append(f"{event[key]!r} is no {key} of the vocabulary")
    return found
