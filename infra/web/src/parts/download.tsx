// A list or report as one CSV file: its parts are fetched one after the other and joined.
import { useState } from "preact/hooks";
import { ask } from "../api.ts";
import { count, counted } from "../format.ts";
import { useSend } from "./form.tsx";
import { Icon } from "./icon.tsx";
import { say } from "./toast.tsx";

const PARTS_MAX = 1000;
// A row ends where a closed cell is followed by an end of line.
const ROW_END = /"\r\n/g;

type Frame = { path: string; total?: number | undefined };

/** `path` is that of the JSON, filters and all; `total` is how many rows there are, where that is known. */
export function Download({ path, total }: Frame) {
  const { busy, said, send } = useSend();
  const [rows, setRows] = useState(0);
  async function fetchAll() {
    setRows(0);
    const texts: string[] = [];
    let name = "daybook.csv";
    let next: string | null = path;
    for (let part = 0; next !== null && part < PARTS_MAX; part += 1) {
      const answer: Response = await ask(next, { headers: { Accept: "text/csv" } });
      const text = await answer.text();
      texts.push(text);
      setRows((before) => before + (text.match(ROW_END)?.length ?? 0) - (part ? 0 : 1));
      name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? name;
      const query: string | undefined = /<\?([^>]*)>;\s*rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1];
      next = query ? `${path.split("?")[0]}?${query}` : null;
    }
    if (next !== null) throw new Error(`a list of more than ${PARTS_MAX} parts`);
    hand(name, texts);
    say(`${name} is saved.`);
  }
  return (
    <span class="download">
      {said}
      <button type="button" disabled={busy} onClick={() => send(null, fetchAll)}><Icon name="save" />Download CSV</button>
      <span class="quiet" role="status">{busy && rows > 0 && (total ? `${count(Math.min(rows, total))} of ${counted(total, "row")}` : `${counted(rows, "row")} so far`)}</span>
    </span>
  );
}

/** Gives a file to the browser, which saves it. */
function hand(name: string, texts: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([...texts], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.target = "_self"; // ours to save: the page's own navigation lets links with a target pass
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export const Print = () => <button type="button" class="low" onClick={() => print()}><Icon name="print" />Print</button>;
