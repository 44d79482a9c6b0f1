#!/usr/bin/env python3
"""Asks DuckDB, Polars, DataFusion and ClickHouse what `glasshouse bench queries` asks, about the same reports.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
    .venv/bin/python compare.py ../../target/release/glasshouse [--reports N] [--runs N]

The program exports its reports as columns; they are written to Parquet once and loaded into each peer's own form in
memory before the clock starts, as the core's reports are. Exact answers must agree with the core's, or the script fails.
Each peer runs in a process of its own, on one thread and on as many as there are processors.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

PEERS = ["duckdb", "polars", "datafusion", "clickhouse"]
GROUPS_MAX, REPORTS_MAX, THRESHOLD = 8, 4, 50
COLUMNS = {"device": "u8", "region": "u1", "kind": "u1", "site": "u4", "value": "i8"}
FILES = {"device": "device.u64", "region": "region.u8", "kind": "kind.u8", "site": "site.u32", "value": "value.i64"}

TOTALS = "SELECT region, kind, site, count(*) AS n, sum(value) AS s FROM t GROUP BY region, kind, site"
DISTINCT = (
    "SELECT region, kind, site, count(*) AS n, sum(value) AS s, count(DISTINCT device) AS d "
    "FROM t GROUP BY region, kind, site"
)
# No noise, and a choice by the engine's own hash where it has one: less work than the core does.
BOUNDED = """
SELECT region, kind, site, sum(least(n, {reports})) AS n, count(*) AS d FROM (
  SELECT region, kind, site, n, row_number() OVER (PARTITION BY device ORDER BY {hash}) AS place
  FROM (SELECT device, region, kind, site, count(*) AS n FROM t GROUP BY device, region, kind, site) AS pairs
) AS ranked WHERE place <= {groups} GROUP BY region, kind, site
"""


def sql(query, hashing):
    return {
        "totals": TOTALS,
        "distinct": DISTINCT,
        "bounded": BOUNDED.format(reports=REPORTS_MAX, groups=GROUPS_MAX, hash=hashing),
    }[query]


def summed(query, inner):
    """One row that says enough of an answer to compare it; the whole answer has to be made for it."""
    if query == "totals":
        return f"SELECT count(*) AS w, sum(n) AS x, sum(s) AS y, 0 AS z FROM ({inner}) AS answer"
    if query == "distinct":
        return f"SELECT count(*) AS w, sum(n) AS x, sum(s) AS y, sum(d) AS z FROM ({inner}) AS answer"
    return f"SELECT 0 AS w, 0 AS x, 0 AS y, sum(d) AS z FROM ({inner}) AS answer"


def duckdb_peer(parquet, threads):
    import duckdb

    base = duckdb.connect()
    base.execute(f"SET threads = {threads}")
    base.execute(f"CREATE TABLE t AS SELECT * FROM '{parquet}'")
    ask = lambda query: base.execute(summed(query, sql(query, "hash(device, region, kind, site)"))).fetchone()
    return duckdb.__version__, ask


def polars_peer(parquet, threads):
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars as pl

    frame = pl.read_parquet(parquet)
    keys = ["region", "kind", "site"]

    def ask(query):
        lazy = frame.lazy()
        if query == "totals":
            answer = lazy.group_by(keys).agg(n=pl.len(), s=pl.col("value").sum()).collect()
            return len(answer), answer["n"].sum(), answer["s"].sum(), 0
        if query == "distinct":
            device = pl.col("device").n_unique()
            answer = lazy.group_by(keys).agg(n=pl.len(), s=pl.col("value").sum(), d=device).collect()
            return len(answer), answer["n"].sum(), answer["s"].sum(), answer["d"].sum()
        pairs = lazy.group_by(["device", *keys]).agg(n=pl.len().clip(upper_bound=REPORTS_MAX))
        ranked = pairs.with_columns(hash=pl.struct("device", *keys).hash())
        kept = ranked.filter(pl.col("hash").rank("ordinal").over("device") <= GROUPS_MAX)
        answer = kept.group_by(keys).agg(n=pl.col("n").sum(), d=pl.len()).collect()
        return 0, 0, 0, answer["d"].sum()

    return pl.__version__, ask


def datafusion_peer(parquet, threads):
    import datafusion
    import pyarrow.parquet as pq

    context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(threads))
    batches = pq.read_table(parquet).to_batches(max_chunksize=1 << 16)
    piece = -(-len(batches) // threads)
    context.register_record_batches("t", [batches[at : at + piece] for at in range(0, len(batches), piece)])
    # It has no fast hash of several columns: groups come in the order of a product with an odd number.
    hashing = "(site * 32 + region * 8 + kind) * 40503 % 65521, site, kind"

    def ask(query):
        table = context.sql(summed(query, sql(query, hashing))).to_arrow_table()
        return tuple(column[0].as_py() for column in table.columns)

    return datafusion.__version__, ask


def clickhouse_peer(parquet, threads):
    import chdb
    from chdb import session

    base = session.Session()
    columns = "device UInt64, region UInt8, kind UInt8, site UInt32, value Int64"
    base.query("CREATE DATABASE IF NOT EXISTS peer")
    base.query(f"CREATE TABLE peer.t ({columns}) ENGINE = Memory")
    base.query(f"INSERT INTO peer.t SELECT * FROM file('{parquet}', Parquet)")

    def ask(query):
        text = summed(query, sql(query, "cityHash64(device, region, kind, site)")).replace("FROM t", "FROM peer.t")
        answer = base.query(f"{text} SETTINGS max_threads = {threads}", "TabSeparated")
        return tuple(int(cell) for cell in str(answer).split())

    return chdb.__version__, ask


def run_peer(name, parquet, threads, runs):
    version, ask = globals()[f"{name}_peer"](parquet, threads)
    out = {"version": version, "rows": {}}
    for query in ["totals", "distinct", "bounded"]:
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            answer = ask(query)
            times.append(time.perf_counter() - start)
        out["rows"][query] = {"s": sorted(times), "answer": [int(cell) for cell in answer]}
    print(json.dumps(out))


def export(program, folder, reports):
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    subprocess.run([program, "bench", "queries", "--export", folder, *reports], check=True)
    folder = pathlib.Path(folder)
    arrays = {name: np.fromfile(folder / file, dtype=f"<{COLUMNS[name]}") for name, file in FILES.items()}
    path = folder / "reports.parquet"
    pq.write_table(pa.table(arrays), path, compression="none")
    return str(path)


def spread(rates):
    """Median [least, most], in millions."""
    return f"{statistics.median(rates) / 1e6:.1f} [{min(rates) / 1e6:.1f}, {max(rates) / 1e6:.1f}]"


def expected(row):
    if row["query"] == "bounded":
        return [0, 0, 0, row["devices"]]
    return [row["groups"], row["count"], row["sum"], row["devices"] if row["query"] == "distinct" else 0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--reports")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--parquet", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        run_peer(arguments.peer, arguments.parquet, arguments.threads, arguments.runs)
        return
    reports = ["--reports", arguments.reports] if arguments.reports else []
    bench = [arguments.program, "bench", "queries", "--json", "-", "--runs", str(arguments.runs), *reports]
    rows = {row["query"]: row for row in json.loads(subprocess.run(bench, check=True, capture_output=True).stdout)["queries"]}
    most = arguments.threads
    print(f"{rows['totals']['reports']} reports; {platform.machine()}, {os.cpu_count()} processors; {time.strftime('%Y-%m-%d')}")
    print(f"M/s: median [least, most] of {arguments.runs} runs, (the core's median as a multiple)")
    print(f"{'':24}" + "".join(f"{query:>30}" for query in ["totals", "distinct", "bounded"]))
    ours = {1: "one-thread", most: "all-threads"}
    for threads, key in ours.items():
        measured = [rows[query][key] for query in ["totals", "distinct", "bounded"]]
        cells = "".join(f"{spread([of['least'], of['median'], of['most']]):>30}" for of in measured)
        print(f"{'glasshouse, ' + str(threads) + ' threads':24}{cells}")
    with tempfile.TemporaryDirectory() as folder:
        parquet = export(arguments.program, folder, reports)
        for peer in PEERS:
            for threads, key in ours.items():
                command = [sys.executable, __file__, arguments.program, "--peer", peer, "--parquet", parquet]
                command += ["--threads", str(threads), "--runs", str(arguments.runs)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                result = json.loads(done.stdout.splitlines()[-1])
                cells = ""
                for query, measured in result["rows"].items():
                    if measured["answer"] != expected(rows[query]):
                        sys.exit(f"{peer}, {query}: {measured['answer']}, the core says {expected(rows[query])}")
                    rates = [rows[query]["reports"] / seconds for seconds in measured["s"]]
                    ratio = f"({rows[query][key]['median'] / statistics.median(rates):.1f})"
                    cells += f"{spread(rates) + ' ' + ratio:>30}"
                print(f"{peer + ' ' + result['version'] + ', ' + str(threads):24}{cells}", flush=True)


if __name__ == "__main__":
    main()
