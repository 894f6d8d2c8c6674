#!/usr/bin/env python3
"""metrics_parser.py TEST_PROGRAM: what Prometheus' own client library reads from the text that a test's server gives."""

import math
import os
import re
import subprocess
import sys
import tempfile

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    print("skipped: python3-prometheus-client is not installed")
    sys.exit(77)

with tempfile.TemporaryDirectory() as folder:
    subprocess.run(
        [sys.argv[1], "the numbers agree with what happened"],
        check=True,
        env={**os.environ, "COSEAL_METRICS_FOLDER": folder},
    )
    with open(os.path.join(folder, "metrics.txt"), encoding="utf-8") as file:
        families = list(text_string_to_metric_families(file.read()))
    with open(os.path.join(folder, "expected.txt"), encoding="utf-8") as file:
        expected = [line.rstrip("\n").rsplit(" ", 1) for line in file]

samples, failures = {}, []
for family in families:
    if family.type not in ("counter", "gauge", "histogram"):
        failures.append(f"{family.name} is of type {family.type}")
    if not family.documentation.endswith("."):
        failures.append(f"{family.name} has no sentence for help: {family.documentation!r}")
    for sample in family.samples:
        key = (sample.name, tuple(sorted(sample.labels.items())))
        if key in samples:
            failures.append(f"{key} is there twice")
        samples[key] = sample.value

for series, value in expected:
    name, labels = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})?", series).groups()
    key = (name, tuple(sorted(re.findall(r'([a-z]+)="([^"]*)"', labels or ""))))
    if samples.get(key) != float(value):
        failures.append(f"{series} is {samples.get(key)}, not {value}")

# Every histogram grows towards its count.
for family in (f for f in families if f.type == "histogram"):
    buckets = {}
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            rest = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
            buckets.setdefault(rest, []).append((float(sample.labels["le"]), sample.value))
    for rest, pairs in buckets.items():
        counts = [count for _, count in pairs]
        if pairs != sorted(pairs) or counts != sorted(counts) or not math.isinf(pairs[-1][0]):
            failures.append(f"{family.name}{rest}: {pairs}")
        if samples[(family.name + "_count", rest)] != counts[-1]:
            failures.append(f"{family.name}{rest} counts {counts[-1]}")

print("\n".join(failures) or f"{len(families)} families, {len(samples)} samples, {len(expected)} compared")
sys.exit(1 if failures or len(expected) < 20 else 0)
