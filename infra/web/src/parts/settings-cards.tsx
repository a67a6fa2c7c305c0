// The cards of the order settings: the summary transaction, a day and its rhythm, and which orders count.
import type { ComponentChild } from "preact";
import type { SettingsOut } from "../wire.d.ts";
import { COUNTINGS, type Draft, SUMMARIES, countsWith, intervalName } from "../draft.ts";
import { clockTime, count, counted, dayName, fromNow } from "../format.ts";
import { now } from "../live.ts";
import { Card, When } from "./page.tsx";
import { ZoneSelect } from "./zones.tsx";

export type CardFrame = { saved: SettingsOut; draft: Draft; wrong: Readonly<Record<string, string>>; change: (part: Partial<Draft>) => void };

const rows = [6, 20, 34, 48];
const cells = Array.from({ length: 28 }, (_, at) => [Math.floor(at / 7), at % 7] as const);

const PICTURES: Record<Draft["summary"], ComponentChild> = {
  individual: rows.map((y, at) => <g key={y}><rect class={at ? "soft" : "full"} x="18" y={y} width="9" height="9" rx="2" /><rect class="faint" x="33" y={y + 2.5} width={[64, 52, 72, 46][at]} height="4" rx="2" /></g>),
  store: (
    <>
      {[5, 16, 27, 38, 49].map((y) => <g key={y}><rect class="faint" x="8" y={y} width="24" height="4" rx="2" /><path class="thread" d={`M35 ${y + 2}C48 ${y + 2} 48 29 62 29`} /></g>)}
      <rect class="full" x="66" y="13" width="42" height="32" rx="4" />
    </>
  ),
  month: (
    <>
      {cells.map(([row, column]) => <rect key={`${row} ${column}`} class={row === 3 && column > 2 ? "faint" : "soft"} x={6 + column * 8.5} y={8 + row * 12} width="6.5" height="8.5" rx="1.5" />)}
      <path class="thread" d="M68 29H80" />
      <rect class="full" x="82" y="9" width="30" height="42" rx="4" />
    </>
  ),
};

const TEXTS: Record<Draft["summary"], string> = {
  individual: "Keep every order as its own sale. Needed for reports by customer.",
  store: "One sale per store per day. Shopify has one store; ShipStation can have several.",
  month: "One sale per store per calendar month. It is rebuilt as each day arrives.",
};

export function SummaryCard({ saved, draft, wrong, change }: CardFrame) {
  const modes = Object.keys(SUMMARIES) as Draft["summary"][];
  return (
    <Card title="Summary transaction">
      <p class="quiet" id="summary-help">How orders from this channel become sales in Daybook.</p>
      <fieldset class="choices" aria-describedby="summary-help">
        <legend class="unseen">Summary transaction</legend>
        {modes.map((mode) => {
          const allowed = mode !== "individual" || saved.individual_allowed || saved.summary === mode;
          return (
            <div key={mode} class={`choice ${draft.summary === mode ? "chosen" : ""}`}>
              <label>
                <input type="radio" name="summary" value={mode} checked={draft.summary === mode} disabled={!allowed} aria-describedby={`summary-${mode}`} onChange={() => change({ summary: mode })} />
                <svg class="picture" viewBox="0 0 116 58" aria-hidden="true">{PICTURES[mode]}</svg>
                <b>{SUMMARIES[mode]}</b>
                <span class="quiet" id={`summary-${mode}`}>{TEXTS[mode]}</span>
              </label>
              {!allowed && <p class="quiet"><b>Not in your plan.</b> Whoever runs Daybook for you can turn it on.</p>}
            </div>
          );
        })}
      </fieldset>
      {wrong["summary"] && <p class="wrong" id="summary-error">{wrong["summary"]}</p>}
      <OlderDays saved={saved} draft={draft} />
    </Card>
  );
}

/** What becomes of the days that are here already. */
function OlderDays({ saved, draft }: Pick<CardFrame, "saved" | "draft">) {
  const here = saved.days_here === 1 ? "The day already here is" : `The ${count(saved.days_here)} days already here are`;
  const nameless = saved.summary === "individual" ? saved.days_without_names : saved.days_without_names || saved.days_here;
  const lacking = nameless > 0 && `Customers' names and regions are kept from now on: ${counted(nameless, "older day")} ${nameless === 1 ? "lacks" : "lack"} them until synced again.`;
  if (draft.summary === saved.summary) return saved.summary === "individual" && lacking ? <p class="note" role="status">{lacking}</p> : null;
  return (
    <p class="note" role="status">
      {saved.days_here > 0 && `${here} shown the new way at once: nothing is downloaded, no figure changes, and no order counts twice. `}
      {draft.summary === "individual" && lacking}
      {saved.summary === "individual" && <b>Customers' names and regions are erased; turning individual sales on again does not bring them back.</b>}
    </p>
  );
}

export function RhythmCard({ saved, draft, wrong, change }: CardFrame) {
  const moved = draft.time_zone !== saved.time_zone;
  const intervals = saved.intervals_min.includes(draft.interval_min) ? saved.intervals_min : [draft.interval_min, ...saved.intervals_min];
  return (
    <Card title="Day and rhythm">
      <div class="rhythm">
        <div class="field">
          <label for="time_zone">Time zone of a day</label>
          <ZoneSelect name="time_zone" value={draft.time_zone} wrong={!!wrong["time_zone"]} about={wrong["time_zone"] ? "time_zone-error time_zone-help" : "time_zone-help"} onChoose={(time_zone) => change({ time_zone, recut: false })} />
          {wrong["time_zone"] && <p class="wrong" id="time_zone-error">{wrong["time_zone"]}</p>}
          <p class="quiet" id="time_zone-help">Midnight to midnight here is one day.</p>
        </div>
        <div class="field">
          <label for="interval_min">Re-summarise</label>
          <select id="interval_min" name="interval_min" value={String(draft.interval_min)} aria-invalid={!!wrong["interval_min"]} aria-describedby="interval_min-help" onChange={(event) => change({ interval_min: Number(event.currentTarget.value) })}>
            {intervals.map((minutes) => <option key={minutes} value={String(minutes)}>{intervalName(minutes)}</option>)}
          </select>
          {wrong["interval_min"] && <p class="wrong">{wrong["interval_min"]}</p>}
          <p class="quiet" id="interval_min-help">Replaces the day's sale; never doubles it.</p>
        </div>
        <NextSync saved={saved} draft={draft} />
      </div>
      {moved && <Seam saved={saved} draft={draft} change={change} />}
    </Card>
  );
}

function NextSync({ saved, draft }: Pick<CardFrame, "saved" | "draft">) {
  const { next_sync_at, next_refresh_at, time_zone } = saved;
  const often = saved.interval_min < 1440 && next_refresh_at;
  const next = often && (!next_sync_at || next_refresh_at < next_sync_at) ? next_refresh_at : next_sync_at;
  const rhythm = draft.interval_min < 1440 ? `Today so far ${intervalName(draft.interval_min).toLowerCase()}` : "Daily";
  return (
    <div class="field">
      <b class="label">Next sync</b>
      <p class="standing">{next ? <><When at={next} zone={time_zone} as="weekday" /> <span class="quiet">{fromNow(next, now.value)}</span></> : "None planned"}</p>
      {next_sync_at && <p class="quiet">{draft.interval_min < 1440 ? `${rhythm}; final at` : `${rhythm} at`} {clockTime(next_sync_at, "UTC")} UTC.</p>}
    </div>
  );
}

const Seam = ({ saved, draft, change }: Pick<CardFrame, "saved" | "draft" | "change">) => (
  <fieldset class="seam">
    <legend>The new time zone holds</legend>
    <label class="tick"><input type="radio" name="recut" checked={!draft.recut} onChange={() => change({ recut: false })} /> for days not yet summarised (from {dayName(saved.seam_day)})</label>
    <label class="tick"><input type="radio" name="recut" checked={draft.recut} onChange={() => change({ recut: true })} /> for all: cut the {counted(saved.days_here, "day")} already here again</label>
    <p class="quiet">{draft.recut ? "Each day gets a new version. No order ends up in two days or in none, and nothing is counted again." : "Days already here keep their hours; the day at the seam is shorter or longer."}</p>
  </fieldset>
);

/** Ticking a status is choosing: the chips start from what counts now. */
export function CountingCard({ saved, draft, wrong, change }: CardFrame) {
  const counts = countsWith(saved, draft);
  function turn({ value }: SettingsOut["statuses"][number]) {
    const statuses = saved.statuses.map((one) => one.value).filter((one) => (one === value ? !counts.has(one) : counts.has(one)));
    change({ counting: "custom", statuses });
  }
  function count_as(counting: Draft["counting"]) {
    change({ counting, statuses: counting === "custom" ? [...counts] : [] });
  }
  return (
    <Card title="Which orders count" side={<span class="quiet">Last 30 days</span>}>
      <p class="quiet">Orders in these states are summed. Others stay listed with the reason why they do not count.</p>
      <fieldset class="segments">
        <legend class="unseen">Which orders count</legend>
        {(Object.keys(COUNTINGS) as Draft["counting"][]).map((counting) => (
          <label key={counting}><input type="radio" name="counting" checked={draft.counting === counting} onChange={() => count_as(counting)} /> {COUNTINGS[counting]}</label>
        ))}
      </fieldset>
      <fieldset class="chips" {...(wrong["statuses"] ? { "aria-describedby": "statuses-error" } : {})}>
        <legend class="unseen">States that count</legend>
        {saved.statuses.map((status) => (
          <label key={status.value} class={counts.has(status.value) ? "chip on" : "chip"}>
            <input type="checkbox" checked={counts.has(status.value)} onChange={() => turn(status)} /> {status.label} <span class="quiet">{count(status.orders)}<span class="unseen"> orders</span></span>
          </label>
        ))}
      </fieldset>
      {(wrong["statuses"] ?? wrong["counting"]) && <p class="wrong" id="statuses-error">{wrong["statuses"] ?? wrong["counting"]}</p>}
    </Card>
  );
}
