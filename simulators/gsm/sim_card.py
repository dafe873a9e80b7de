"""A SIM card: absent, locked, blocked or ready."""

from __future__ import annotations

from typing import Final

from simulators.gsm.codes import CmeError

_PIN_TRIES: Final = 3
_PUK_TRIES: Final = 10


class SimCard:
    """Without a `pin` it is ready at once. Three wrong PINs want the PUK, ten wrong PUKs destroy it."""

    def __init__(self, iccid: str, imsi: str, *, pin: str = "", puk: str = "12345678") -> None:
        self.iccid = iccid
        self.imsi = imsi
        self.inserted = True
        self.tries = _PIN_TRIES
        self._puk_tries = _PUK_TRIES
        self._pin = pin
        self._puk = puk
        self._unlocked = not pin

    @property
    def refusal(self) -> CmeError | None:
        """Why it serves nobody; None when it is ready."""
        if not self.inserted:
            return CmeError.SIM_NOT_INSERTED
        if not self._puk_tries:
            return CmeError.SIM_FAILURE
        if not self.tries:
            return CmeError.PUK_REQUIRED
        return None if self._unlocked else CmeError.PIN_REQUIRED

    def restart(self) -> None:
        """The modem was switched on anew: the PIN is wanted again."""
        self._unlocked = not self._pin

    def enter(self, pin: str) -> CmeError | None:
        """Tries a PIN; None when it was the right one."""
        self._unlocked = pin == self._pin
        self.tries = _PIN_TRIES if self._unlocked else self.tries - 1
        if self._unlocked:
            return None
        return CmeError.INCORRECT_PASSWORD if self.tries else CmeError.PUK_REQUIRED

    def unblock(self, puk: str, pin: str) -> CmeError | None:
        """Sets a new PIN with the PUK; None when that worked."""
        if puk != self._puk:
            self._puk_tries -= 1
            return CmeError.INCORRECT_PASSWORD if self._puk_tries else CmeError.SIM_FAILURE
        self._pin, self.tries, self._puk_tries, self._unlocked = pin, _PIN_TRIES, _PUK_TRIES, True
        return None
