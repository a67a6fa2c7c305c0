// Sorting a list by its column heads, and rows as tall as one likes them.
import { useState } from "preact/hooks";
import { go, query, turned } from "../router.ts";

/** `by` is the API's word; a head sorts most first, and the other way round when pressed again. */
export function SortHead({ by, usual, children, ...given }: { by: string; usual: string; class: string; children: string }) {
  const now = query.value.get("sort") ?? usual;
  const [up, down] = [now === by, now === `-${by}`];
  const next = down ? by : `-${by}`;
  return (
    <th scope="col" aria-sort={up ? "ascending" : down ? "descending" : "none"} {...given}>
      <button type="button" class="sort" onClick={() => go(turned({ sort: next === usual ? null : next, cursor: null, at: null }))}>{children}<span aria-hidden="true">{up ? "↑" : down ? "↓" : "↕"}</span></button>
    </th>
  );
}

/** Puts the rows' height on the root, where the tables look for it. */
export function showRows(compact: boolean = localStorage.getItem("rows") === "compact"): void {
  if (compact) document.documentElement.dataset["rows"] = "compact";
  else delete document.documentElement.dataset["rows"];
}

export function CompactRows() {
  const [compact, set] = useState(localStorage.getItem("rows") === "compact");
  function toggle() {
    localStorage.setItem("rows", compact ? "roomy" : "compact");
    set(!compact);
    showRows(!compact);
  }
  return <button type="button" class="plain low" aria-pressed={compact} onClick={toggle}>Compact rows</button>;
}
