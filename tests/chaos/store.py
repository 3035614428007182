"""What a page holds of the chat, by the rules of message_store.js."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Held:
    id: str
    seq: int
    client_id: str
    body: str
    deleted: bool
    changed: int


class MessageStore:
    """`last_seq` is the end of the unbroken run, `last_changed` the end of the changes known without a gap."""

    def __init__(self) -> None:
        self.by_seq: dict[int, Held] = {}
        self.last_seq = 0
        self.last_changed = 0
        self.changes_beyond: set[int] = set()
        self.deleted_elsewhere: dict[int, int] = {}  # messages that are not here (yet)
        self.doubled: list[str] = []

    @property
    def is_incomplete(self) -> bool:
        return bool(self.changes_beyond) or max(self.by_seq, default=0) > self.last_seq

    def is_behind(self, numbers: dict[str, Any]) -> bool:
        return numbers["lastSeq"] > self.last_seq or numbers.get("lastChangedSeq", 0) > self.last_changed

    def add(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            self._take(message)
        self._count()

    def delete(self, data: dict[str, Any]) -> None:
        known = self.by_seq.get(data["seq"])
        changed = data["changedSeq"]
        if known is not None and changed > known.changed:
            self.by_seq[known.seq] = Held(known.id, known.seq, known.client_id, "", True, changed)
        if known is None:
            self.deleted_elsewhere[data["seq"]] = changed
        self.changes_beyond.add(changed)
        self._count()

    def add_answer(self, answer: dict[str, Any], *, after: int, changed_after: int, full: int) -> bool:
        """Whether that was all there was."""
        messages, changed = answer["messages"], answer["changed"]
        for message in [*messages, *changed]:
            self._take(message)
        if messages and after <= self.last_seq:
            self.last_seq = max(self.last_seq, messages[-1]["seq"])
        end = answer["lastChangedSeq"] if len(changed) < full else changed[-1]["changedSeq"]
        if changed_after <= self.last_changed:
            self.last_changed = max(self.last_changed, end)
        self._count()
        return len(messages) < full and len(changed) < full

    def _take(self, message: dict[str, Any]) -> None:
        held = Held(
            message["id"], message["seq"], message["clientId"], message["body"], message["deleted"],
            message["changedSeq"] or 0,
        )  # fmt: skip
        if (changed := self.deleted_elsewhere.get(held.seq, 0)) > held.changed:
            held = Held(held.id, held.seq, held.client_id, "", True, changed)
        known = self.by_seq.get(held.seq)
        if known is not None and known.id != held.id:
            self.doubled.append(f"number {held.seq} is {known.id} and {held.id}")
        if known is None or held.changed >= known.changed:
            self.by_seq[held.seq] = held
        if held.changed > self.last_changed:
            self.changes_beyond.add(held.changed)

    def _count(self) -> None:
        while self.last_seq + 1 in self.by_seq:
            self.last_seq += 1
        while self.last_changed + 1 in self.changes_beyond:
            self.last_changed += 1
        self.changes_beyond = {changed for changed in self.changes_beyond if changed > self.last_changed}

    def shown(self) -> list[tuple[int, str, bool]]:
        """In the order of the page: number, id, whether it is shown as removed."""
        return [(seq, held.id, held.deleted) for seq, held in sorted(self.by_seq.items())]
