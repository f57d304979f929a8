"""Run every benchmark and print its table: `python -m bench`."""

from __future__ import annotations

from bench import (
    catalogue_import,
    crossed_model,
    documents,
    facets,
    intake,
    rank_sets,
    scoring,
    straight_line,
    visit_plan,
)

if __name__ == "__main__":
    stages = (
        crossed_model,
        rank_sets,
        facets,
        scoring,
        straight_line,
        visit_plan,
        catalogue_import,
        documents,
        intake,
    )
    for benchmark in stages:
        print(benchmark.__doc__)
        for line in benchmark.run():
            print(line)
        print()
