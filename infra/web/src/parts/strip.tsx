// The progress of a sync: a cell for each day, newest first, and what is happening in a sentence.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { ConnectionOut, SyncOut } from "../wire.d.ts";
import { session, write } from "../api.ts";
import { count, counted, dayName, dayPlus, etaText, rangeName, timeOf } from "../format.ts";
import { look } from "../live.ts";
import { useSend } from "./form.tsx";
import { say } from "./toast.tsx";

const LETTERS: Record<string, [style: string, word: string]> = {
  d: ["done", "done"],
  r: ["reading", "being read"],
  t: ["retrying", "being tried again"],
  f: ["failed", "failed"],
  w: ["waiting", "waiting"],
  n: ["missing", "not available"],
  x: ["waiting", "cancelled"],
};
const ANNOUNCED_EVERY = 10;
const FINISHED_WITHIN_MS = 2_000;

export const isMoving = (sync: SyncOut): boolean => sync.state === "queued" || sync.state === "running" || sync.state === "slowed";

/** "57 of 90 days · 4,318 orders so far · about 6 minutes left · 1 day being tried again", and its like for each state. */
export function progressOf(sync: SyncOut, zone: string, kind: string): readonly [lead: string, rest: string] {
  const days = `${sync.days_done} of ${counted(sync.days_total, "day")}`;
  const left = sync.eta_s === null ? sync.days_total > 45 && "usually 15 to 30 minutes" : etaText(sync.eta_s);
  const retrying = sync.days_retrying > 0 && `${counted(sync.days_retrying, "day")} being tried again`;
  const line = (...words: (string | false)[]) => words.filter(Boolean).join(" · ");
  if (seeksOrder(sync) && (sync.state === "queued" || sync.state === "running")) return [`Looking for it at ${kind}.`, "Its day is read again once it is found."];
  if (seeksOrder(sync) && sync.ended_at !== null) return sync.state === "done" ? [`No such order at ${kind}.`, "Nothing was changed."] : ["It could not be looked for.", "Sync activity says why."];
  switch (sync.state) {
    case "queued":
      return [days, line("waiting for its turn", left)];
    case "running":
      return [days, line(`${counted(sync.orders, "order")} so far`, left, retrying)];
    case "slowed":
      return [`${kind} asked us to slow down.`, line(`${sync.resume_at ? `We go on at ${timeOf(sync.resume_at, zone)}.` : "We go on soon."} Nothing to do`, days)];
    case "sign_in_needed":
      return [`${kind} no longer accepts our access.`, `${days} are safe. Connect again and we catch up by ourselves.`];
    case "cancelled":
      return [`${counted(sync.days_done, "day")} ${sync.days_done === 1 ? "is" : "are"} kept.`, line("Cancelled", counted(sync.orders, "order"), finishing(sync) > 0 && `${counted(finishing(sync), "day")} being finished`)];
    case "failed_days":
      return [days, line(counted(sync.orders, "order"), `${counted(sync.days_failed, "day")} could not be read`)];
    case "done":
      return [days, line(counted(sync.orders, "order"), newOf(sync), sync.ended_at !== null && `finished ${timeOf(sync.ended_at, zone)}`)];
  }
}

/** Days that were being read when the sync was cancelled: they are read to their end, and kept. */
const finishing = ({ state, days }: SyncOut): number => (state === "cancelled" ? days.split("r").length - 1 : 0);

const newOf = ({ orders, new_orders }: SyncOut): string | false =>
  orders > 0 && (new_orders === 0 ? "all known" : new_orders === orders ? "all new" : `${count(new_orders)} of them new`);

/** An order is first looked for in the shop; until it is found its sync has no days. */
const seeksOrder = (sync: SyncOut): boolean => sync.order_number !== null && sync.days_total === 0;

const orderName = (number: string): string => (/^\d/.test(number) ? `#${number}` : number);

/** Days as people say them, or the order that is fetched again. */
export const whatOf = (sync: SyncOut): string => (sync.order_number === null ? rangeName(sync.from, sync.to) : `order ${orderName(sync.order_number)}`);

const titleOf = (sync: SyncOut, name: string): string => {
  if (sync.order_number !== null) return `Order ${orderName(sync.order_number)} of ${name}`;
  const days = counted(sync.days.length, "day");
  if (!isMoving(sync)) return sync.reason === "pairing" ? `The first ${days} of ${name}` : `${days} of ${name}`;
  return sync.reason === "pairing" ? `Bringing in ${days} from ${name}` : `Syncing ${days} of ${name}`;
};

type StripFrame = { sync: SyncOut; connection: Pick<ConnectionOut, "name" | "time_zone" | "kind">; changed: () => void; mark?: ComponentChildren; more?: ComponentChildren };

/** `changed` is called after Cancel, Resume or Try again. */
export function Strip({ sync, connection, changed, mark, more }: StripFrame) {
  const [lead, rest] = progressOf(sync, connection.time_zone, spokenKind(connection.kind));
  const missing = [...sync.days].filter((letter) => letter === "n").length;
  useEffect(() => {
    if (!finishing(sync)) return;
    const timer = setTimeout(changed, FINISHED_WITHIN_MS); // the live request tells of no sync that is cancelled
    return () => clearTimeout(timer);
  }, [sync]);
  return (
    <section class="card strip" aria-label={titleOf(sync, connection.name)}>
      <header>
        {mark}
        <div>
          <h2>{titleOf(sync, connection.name)}</h2>
          <p><b>{lead}</b>{rest && (lead.endsWith(".") ? ` ${rest}` : ` · ${rest}`)}</p>
        </div>
        <Ways sync={sync} changed={changed} more={more} />
      </header>
      {sync.batches.length > 1 && <p class="quiet batches">{batchesOf(sync)}</p>}
      {sync.days.length > 0 && <Cells sync={sync} said={`${lead} ${rest}`} />}
      {missing > 0 && <p class="quiet">The shop does not show us its {counted(missing, "oldest day")}: it lets us read 60 days of orders.</p>}
      <Announcer sync={sync} />
    </section>
  );
}

/** Names with capitals inside; others are their kind with a capital. */
const NAMES: Record<string, string> = { woocommerce: "WooCommerce", shipstation: "ShipStation", bigcommerce: "BigCommerce", ebay: "eBay" };

export const spokenKind = (kind: string): string => NAMES[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1);

const Cells = ({ sync, said }: { sync: SyncOut; said: string }) => (
  <>
    <div class="cells" role="progressbar" aria-label="Days done" aria-valuemin={0} aria-valuemax={sync.days_total} aria-valuenow={sync.days_done} aria-valuetext={said}>
      {[...sync.days].map((letter, at) => {
        const [style, word] = LETTERS[letter] ?? ["waiting", letter];
        return <i key={at} class={style} title={`${dayName(dayPlus(sync.to, -at))}: ${word}`} />;
      })}
    </div>
    <p class="ends quiet">
      <span>{dayName(sync.to)}</span>
      {isMoving(sync) && <span class="middle">{sync.batches.length < 2 && "Newest first. "}You can leave this page; it goes on.</span>}
      <span>{dayName(sync.from)}</span>
    </p>
  </>
);

function batchesOf({ batches, batch, ended_at }: SyncOut): string {
  const at = batches[batch - 1];
  const whole = `Runs as ${batches.length} batches of at most four months, oldest first.`;
  return ended_at === null && at ? `Batch ${batch} of ${batches.length}: ${rangeName(at.from, at.to)}. ${whole}` : whole;
}

function Ways({ sync, changed, more }: Pick<StripFrame, "sync" | "changed" | "more">) {
  const { busy, send, said } = useSend();
  const may = session.value?.user.role !== "viewer";
  const [stopping, setStopping] = useState(false);
  async function ask(way: "cancel" | "resume"): Promise<void> {
    await write("POST", `/syncs/${encodeURIComponent(sync.id)}/${way}`);
    setStopping(way === "cancel");
    if (way === "cancel") say("Cancelled. What is here stays.", () => ask("resume"));
    look();
    changed();
  }
  return (
    <div class="actions">
      {said}
      {may && isMoving(sync) && <button type="button" class="plain" disabled={busy || stopping} onClick={() => send(null, () => ask("cancel"))}>{stopping ? "Cancelling…" : "Cancel"}</button>}
      {may && sync.state === "cancelled" && <button type="button" disabled={busy} onClick={() => send(null, () => ask("resume"))}>Resume</button>}
      {may && sync.state === "failed_days" && <button type="button" disabled={busy} onClick={() => send(null, () => ask("resume"))}>Try {counted(sync.days_failed, "day")} again</button>}
      {more}
    </div>
  );
}

/** Speaks every ten days and at the end, not with every look. */
function Announcer({ sync }: { sync: SyncOut }) {
  const [words, set] = useState("");
  const last = useRef(sync.days_done);
  useEffect(() => {
    const ended = !isMoving(sync);
    if (!ended && sync.days_done - last.current < ANNOUNCED_EVERY) return;
    if (last.current !== sync.days_done) set(`${sync.days_done} of ${counted(sync.days_total, "day")} done`);
    last.current = sync.days_done;
  }, [sync]);
  return <span class="unseen" aria-live="polite">{words}</span>;
}
