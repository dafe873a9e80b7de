"""The demo: a simulated fleet, polled, stored, billed, and compared with the plant's truth."""
