// Choosing days to sync: presets, two dates that are shown before anything runs, and what will happen.
import { useId } from "preact/hooks";
import type { ConnectionOut, PreviewOut, RangesOut, SettingsOut, SyncIn, SyncOut } from "../wire.d.ts";
import { write } from "../api.ts";
import { rangeName } from "../format.ts";
import { look } from "../live.ts";
import { type Loaded, useLoad, useRested } from "../load.ts";
import { asked, go, to } from "../router.ts";
import { Field, useSend } from "./form.tsx";
import { say } from "./toast.tsx";

/** Days as chosen; both empty is none. `preset` is the button that chose them, "custom" once they were typed. */
export interface Chosen {
  preset: string | null;
  from: string;
  to: string;
}
export const NONE: Chosen = { preset: null, from: "", to: "" };

const AT = (id: string) => `/connections/${encodeURIComponent(id)}`;

/** The two dates of the presets, and what a sync of the chosen days would do. */
export interface Ranges {
  presets: Loaded<RangesOut>;
  preview: Loaded<PreviewOut>;
  /** The preview belongs to the days chosen now. */
  fresh: boolean;
}

export function useRanges(connection: string, { from, to }: Chosen, summary: SettingsOut["summary"] | null): Ranges {
  const presets = useLoad<RangesOut>(`${AT(connection)}/ranges`);
  const path = asked(`${AT(connection)}/preview`, from && to ? { from, to, summary } : { summary });
  const rested = useRested(path);
  const preview = useLoad<PreviewOut>(rested);
  return { presets, preview, fresh: rested === path && !preview.busy };
}

type Frame = { ranges: Ranges; chosen: Chosen; wrong: Readonly<Record<string, string>>; none: string; onChoose: (chosen: Chosen) => void };

/** `none` is said while no days are chosen. What the server says of the days stands at their fields. */
export function RangeFields({ ranges, chosen, wrong, none, onChoose }: Frame) {
  const { presets } = ranges;
  const group = useId();
  const custom = chosen.preset === "custom";
  const refused = chosen.from && chosen.to && ranges.fresh ? (ranges.preview.failed?.fields ?? {}) : {};
  const errorOf = (name: "from" | "to") => wrong[name] ?? wrong[`sync.${name}`] ?? refused[name];
  const typed = (name: "from" | "to") => (event: { currentTarget: HTMLInputElement }) => onChoose({ ...chosen, preset: "custom", [name]: event.currentTarget.value });
  function chooseCustom() {
    onChoose({ ...chosen, preset: "custom" });
    document.getElementById("from")?.focus();
  }
  return (
    <>
      <div class="presets" role="group" aria-labelledby={group}>
        <span class="unseen" id={group}>Days to sync</span>
        {presets.data?.items.map(({ preset, label, from, to }) => (
          <button key={preset} type="button" aria-pressed={chosen.preset === preset} title={rangeName(from, to)} onClick={() => onChoose({ preset, from, to })}>{label}</button>
        ))}
        <button type="button" aria-pressed={custom} onClick={chooseCustom}>Custom</button>
      </div>
      <div class="dates">
        <Field name="from" label="From" type="date" value={chosen.from} error={errorOf("from")} onInput={typed("from")} />
        <Field name="to" label="To" type="date" value={chosen.to} error={errorOf("to")} onInput={typed("to")} />
        <WhatHappens ranges={ranges} chosen={chosen} none={none} />
      </div>
      <Batches ranges={ranges} chosen={chosen} />
    </>
  );
}

function WhatHappens({ ranges: { preview, fresh }, chosen, none }: Pick<Frame, "ranges" | "chosen" | "none">) {
  const ready = !!chosen.from && !!chosen.to;
  const shown = ready && !preview.failed ? preview.data : undefined;
  return (
    <div class={ready ? "aside" : "aside idle"} aria-live="polite" aria-busy={ready && !fresh}>
      {shown?.sentence ? <p class={fresh ? "" : "waits"}><b>{shown.sentence}</b>{shown.note && <span>{shown.note}</span>}</p> : <p>{ready && preview.failed ? whyNot(preview) : ready ? "Looking at these days…" : none}</p>}
    </div>
  );
}

const whyNot = ({ failed }: Loaded<PreviewOut>): string => (Object.keys(failed?.fields ?? {}).length ? "These days cannot be synced." : (failed?.message ?? ""));

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

function Batches({ ranges: { preview, fresh }, chosen }: Pick<Frame, "ranges" | "chosen">) {
  const batches = (chosen.from && chosen.to && fresh && !preview.failed && preview.data?.batches) || [];
  if (batches.length < 2) return null;
  return (
    <p class="quiet batches">
      <b>Runs as {NUMBERS[batches.length] ?? batches.length} batches.</b> {batches.map(({ from, to }) => rangeName(from, to)).join(", then ")}: at most four months each, oldest first.
    </p>
  );
}

/** One order fetched again by its number, at once. */
export function OneOrder({ connection }: { connection: ConnectionOut }) {
  const { busy, wrong, said, send } = useSend();
  async function fetchAgain(form: HTMLFormElement) {
    const order_number = String(new FormData(form).get("order_number") ?? "").trim();
    const begun = await write<SyncOut>("POST", "/syncs", { connection_id: connection.id, order_number } satisfies SyncIn);
    say(`Fetching ${order_number} again; its day is summarised anew.`);
    look();
    go(to(`/syncs/${encodeURIComponent(begun.id)}`));
  }
  return (
    <details class="one-order">
      <summary>Or one order, by its number</summary>
      <form onSubmit={(event) => send(event, () => fetchAgain(event.currentTarget))}>
        {said}
        <Field name="order_number" label="Order number" required maxLength={60} autoComplete="off" error={wrong["order_number"]} help="Fetched again at once, and its day summarised anew." after={<button disabled={busy}>Fetch again</button>} />
      </form>
    </details>
  );
}
