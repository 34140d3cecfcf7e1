"""All benchmarks in one run, into docs/performance.md."""
