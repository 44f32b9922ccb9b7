# Measurements.  core_bench: the core without sockets.  run.py and bgpblast: whole daemons, see README.md.
EXTRA_DIST += bench/README.md bench/bgpblast.c bench/chart.py bench/kernel.py bench/run.py
EXTRA_PROGRAMS += bench/core_bench
bench_core_bench_SOURCES = bench/core_bench.c
bench_core_bench_LDADD = bgpd/libbgpcore.a lib/libbase.a
