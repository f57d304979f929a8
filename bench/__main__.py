"""Run every benchmark and print its table: `python -m bench`."""

from __future__ import annotations

from bench import catalogue_import, crossed_model, documents, intake, straight_line

if __name__ == "__main__":
    for benchmark in (crossed_model, straight_line, catalogue_import, documents, intake):
        print(benchmark.__doc__)
        for line in benchmark.run():
            print(line)
        print()
