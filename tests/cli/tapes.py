"""What the tests of the command line read from tapes, by their page and not by our reader."""

import base64
import json
import pathlib

DECODER = json.JSONDecoder()


def records(path):
    """The records of a plain tape; of a frame in the form `json` the exact text as `raw`."""
    for line in pathlib.Path(path).read_bytes().split(b"\n")[:-1]:
        text = line.decode()
        record = json.loads(text)
        if "json" in record:
            start = text.index('"json":') + len('"json":')
            record["raw"] = text[start:DECODER.raw_decode(text, start)[1]]
        yield record


def frame_bytes(frame):
    if "raw" in frame:
        return (frame["raw"] + frame.get("tail", "")).encode()
    if "base64" in frame:
        return base64.b64decode(frame["base64"])
    return frame.get("text", "").encode()


def said(path, direction):
    """All bytes of one direction."""
    return b"".join(frame_bytes(one) for one in records(path)
                    if one["kind"] == "frame" and one["dir"] == direction)


def of_kind(path, kind):
    return [one for one in records(path) if one["kind"] == kind]
