"""The dialogue with a GSM modem of our own in AT commands (V.250, 3GPP 27.007, 27.005)."""
