"""The sentences that everything here reads: a table with a header, tab separated, `en` among its columns."""

import csv
import random


class Table:
    """The rows of a table of segments."""

    def __init__(self, path):
        with open(path, encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        self.rows = [row for row in self.rows if row["en"].strip()]

    def sample(self, count, seed=4):
        """The same `count` rows each time, in the table's order, and the rows that are left."""
        order = list(range(len(self.rows)))
        random.Random(seed).shuffle(order)
        chosen = sorted(order[:count])
        rest = sorted(order[count:])
        return [self.rows[at] for at in chosen], [self.rows[at] for at in rest]

    def languages(self):
        return [name for name in self.rows[0] if name not in ("doc", "en")]


def column(rows, name):
    return [row[name].strip() for row in rows]
