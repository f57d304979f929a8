// How a record came about, in the rows of ODK's client audit: number, event, node, start, end (ms).
// Start is the device's clock; the span comes from a clock that nobody can set.

const MOST = 600;

// `before`: rows of earlier openings. Returns what notes a change of a node and gives all rows.
export function trailOf(before) {
  const rows = before.slice(), shift = Date.now() - performance.now();
  const now = () => Math.trunc(shift + performance.now());
  function add(event, node) {
    const at = now();
    if (rows.length < MOST) rows.push([rows.length, event, node, at, at]);
    return rows[rows.length - 1];
  }
  add(before.length ? "form resume" : "form start", "");
  let current = null;
  return {
    touch(node) {
      if (!current || current[2] !== node) current = add("question", node);
      current[4] = now();
      return rows.map((row) => row.slice());
    },
    end() { add("form finalize", ""); return rows; },
  };
}
