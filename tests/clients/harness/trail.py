"""The audit trail on disk, read as it grows."""

import json
import pathlib
import time


class Trail:
    """Records of a server's `trail/*.jsonl`, by request id."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.records: list[dict] = []
        self.by_request: dict[str, list[dict]] = {}
        self._read: dict[pathlib.Path, int] = {}

    def update(self) -> "Trail":
        """Takes in what was added. A line that is not JSON fails the test that reads it."""
        for path in sorted(self.folder.glob("*.jsonl")):
            with open(path, "rb") as file:
                file.seek(self._read.get(path, 0))
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._read[path] = self._read.get(path, 0) + len(whole)
            for line in whole.splitlines():
                record = json.loads(line)
                self.records.append(record)
                self.by_request.setdefault(record.get("requestID", ""), []).append(record)
        return self

    def of(self, request_id: str) -> dict:
        """The record of one call, of which there is exactly one.

        What was only read, issued or refused is in the file when its answer arrives. The record of a change is
        durable with the change, and on its way from the store to the file.
        """
        late = request_id not in self.update().by_request
        deadline = time.monotonic() + 2
        while request_id not in self.by_request and time.monotonic() < deadline:
            time.sleep(0.002)
            self.update()
        found = self.by_request.get(request_id, [])
        if len(found) == 2:
            # A call across accounts has a record in each; the caller's comes first.
            first, copy = found
            assert first["sharedEventID"] == copy["sharedEventID"] and first["eventID"] != copy["eventID"]
            assert copy["userIdentity"]["type"] == "AWSAccount"
            found = [first]
        assert len(found) == 1, f"{len(found)} records of request {request_id}"
        assert not late or (not found[0]["readOnly"] and "errorCode" not in found[0]), "not there when the answer arrived"
        return found[0]

    def settled(self) -> "Trail":
        """Takes in everything, the records of changes just made too."""
        count = -1
        while count != len(self.update().records):
            count = len(self.records)
            time.sleep(0.1)
        return self

    def lines(self) -> list[str]:
        """The lines of the day files, as written; the last is empty."""
        return "".join(p.read_text(encoding="utf-8") for p in sorted(self.folder.glob("*.jsonl"))).split("\n")

    def text(self) -> str:
        """All of it, as written."""
        files = sorted(self.folder.glob("*"))
        return "".join(p.read_text(encoding="utf-8") for p in files if p.is_file())
