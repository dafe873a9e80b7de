"""Every benchmark, one after another: `make bench`."""

from bench import exchange, mbus_decode

for benchmark in (mbus_decode, exchange):
    print(f"== {(benchmark.__doc__ or '').splitlines()[0]}")
    benchmark.main()
