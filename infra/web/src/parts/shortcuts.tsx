// The list of keys, and the switch that turns those of one letter off.
import "../core.ts"; // what the first load has stays one file
import { useEffect, useRef } from "preact/hooks";
import { ON_A_MAC, over, PLACES, singleKeys, turnSingleKeys } from "../keyboard.ts";

const MOD = ON_A_MAC ? "⌘" : "Ctrl";

type Row = readonly [keys: readonly string[], what: string];
const ALWAYS: readonly Row[] = [
  [[MOD, "K"], "Menu of everything, and search for an order"],
  [[MOD, "S"], "Save what is unsaved"],
  [["Esc"], "Close what is open"],
];
const SINGLE: readonly Row[] = [
  [["/"], "Search on this page"],
  [["j"], "Next row"],
  [["k"], "Row before"],
  [["Enter"], "Open the row"],
  [["["], "Period before"],
  [["]"], "Next period"],
  ...Object.entries(PLACES).map(([key, [, name]]): Row => [["g", key], name]),
  [["?"], "This list"],
];

export function Shortcuts() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="shortcuts" aria-labelledby="shortcuts-title" onClose={() => (over.value = null)}>
      <header class="row">
        <h2 id="shortcuts-title">Keyboard shortcuts</h2>
        <button type="button" class="plain" onClick={() => dialog.current?.close()}>Close</button>
      </header>
      <Keys rows={ALWAYS} />
      <label class="tick"><input type="checkbox" role="switch" checked={singleKeys.value} onChange={(event) => turnSingleKeys(event.currentTarget.checked)} /> Keys of one letter, outside of text fields</label>
      <div class={singleKeys.value ? "" : "off"}><Keys rows={SINGLE} /></div>
    </dialog>
  );
}

const Keys = ({ rows }: { rows: readonly Row[] }) => (
  <dl class="keys">
    {rows.map(([keys, what]) => (
      <div key={what}>
        <dt>{keys.map((key, at) => <>{at > 0 && " "}<kbd>{key}</kbd></>)}</dt>
        <dd>{what}</dd>
      </div>
    ))}
  </dl>
);
