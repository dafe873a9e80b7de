"""Data calls through pools of our own modems: from `csd:+7...?pool=main` to the bytes of a meter's line.

`dialler.py` makes the links. `call_link.py` is one, `call_stream.py` its bytes, `modem_call.py` the call
beneath it, `call_account.py` what is stored of it, `modem.py` the modem's port, `readiness.py` what is said
over it, `lease.py` the right to use the modem, `pool.py` who gives it and `fake.py` the same in memory.
"""
