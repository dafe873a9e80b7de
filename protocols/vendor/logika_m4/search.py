"""Who answers on an unknown line: every device of this bus hears the short, slow session request."""

from __future__ import annotations

from typing import Final

from metering.meters import MeterIdentity
from protocols.conversation import Conversation
from protocols.family import Found
from protocols.vendor.logika_m4 import memory_models, tagged_models
from protocols.vendor.logika_m4.memory_dialogue import MemoryDialogue
from protocols.vendor.logika_m4.memory_driver import MemoryDriver
from protocols.vendor.logika_m4.session import Signature, device_name
from protocols.vendor.logika_m4.tagged_driver import TaggedDriver

COMMON_CHANNEL: Final = 0


def ask(address: str) -> Conversation[Found]:
    """The model by its signature, and the identity as its own driver reads it."""
    answer = yield from MemoryDialogue(address, COMMON_CHANNEL).open()
    model = model_of(answer)
    identity = MeterIdentity("", "Logika", device_name(answer), version=answer[2:].hex().upper())
    if model in tagged_models.MODELS:
        identity = yield from TaggedDriver(tagged_models.MODELS[model]).identify(address)
    elif model in memory_models.MODELS:
        identity = yield from MemoryDriver(memory_models.MODELS[model]).identify(address)
    return Found(model, identity)


def model_of(answer: bytes) -> str:
    """The name of the model that answers a session request so; empty when none of ours does."""
    signatures: dict[str, Signature] = {
        **{name: model.signature for name, model in tagged_models.MODELS.items()},
        **{name: model.signature for name, model in memory_models.MODELS.items()},
    }
    return next((name for name, signature in signatures.items() if signature.admits(answer)), "")
