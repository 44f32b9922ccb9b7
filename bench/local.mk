# Measurements.  core_bench: the core without sockets.  run.py and bgpblast: whole daemons, see README.md.
EXTRA_DIST += bench/README.md bench/bgpblast.c
EXTRA_DIST += bench/all.py
EXTRA_DIST += bench/chart.py
EXTRA_DIST += bench/config.py
EXTRA_DIST += bench/duts.py
EXTRA_DIST += bench/evpn_kernel.py bench/kernel_macs.c bench/neighcount.c
EXTRA_DIST += bench/kernel.py bench/kernel_limit.c
EXTRA_DIST += bench/report.py
EXTRA_DIST += bench/results.py
EXTRA_DIST += bench/run.py
EXTRA_DIST += bench/series.py
EXTRA_DIST += bench/show.py
EXTRA_DIST += bench/targets.py
EXTRA_PROGRAMS += bench/core_bench
bench_core_bench_SOURCES = bench/core_bench.c bench/core_routes.c bench/core_routes.h
bench_core_bench_LDADD = bgpd/libbgpcore.a lib/libbase.a
