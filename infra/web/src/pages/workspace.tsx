// Settings of the whole workspace: its name and calendar, the reading of refunds, and the days that are closed.
import { useEffect, useState } from "preact/hooks";
import type { WorkspaceIn, WorkspaceOut } from "../wire.d.ts";
import { Failed, type Tagged, provider, readTagged, session, writeTagged } from "../api.ts";
import { dayAt, dayName, dayPlus } from "../format.ts";
import { useKept } from "../kept.ts";
import { useLoad } from "../load.ts";
import { Changes, Looks, whoSaved } from "../parts/changes.tsx";
import { Codes } from "../parts/codes.tsx";
import { Field, useSend } from "../parts/form.tsx";
import { later } from "../parts/later.tsx";
import { Card, homeZone, Page } from "../parts/page.tsx";
import { People } from "../parts/people.tsx";
import { Notice, Region } from "../parts/region.tsx";
import { SaveBar } from "../parts/save-bar.tsx";
import { say } from "../parts/toast.tsx";
import { ZoneSelect } from "../parts/zones.tsx";
import { READINGS } from "../words.ts";

const ways = () => import("../parts/provider.tsx");
const Connect = later(async () => (await ways()).Connect, null);
const Returned = later(async () => (await ways()).Returned, null);

export function Workspace() {
  const loaded = useLoad<Tagged<WorkspaceOut>>("/workspace", 0, readTagged);
  const [people, movePeople] = useState(0);
  const moved = () => movePeople((count) => count + 1);
  return (
    <Page title="Workspace settings" note="They hold for every connection and everyone who signs in here.">
      {provider && <Returned />}
      <Region of={loaded} what="the workspace" rows={6}>{(read) => <Edited read={read} />}</Region>
      <div class="columns settings" id="people">
        <div><People onMoved={moved} /><Codes onMoved={moved} />{provider && <Connect />}</div>
        {session.value?.user.role !== "viewer" && <aside aria-label="History of access"><Changes of="/people" title="Who let whom in" zone={homeZone()} version={people} />{session.value?.user.role === "owner" && <Looks zone={homeZone()} />}</aside>}
      </div>
    </Page>
  );
}

type Draft = Pick<WorkspaceOut, "name" | "time_zone" | "week_start" | "fiscal_start" | "reading" | "locked_through">;
const NAMES = ["name", "time_zone", "week_start", "fiscal_start", "reading", "locked_through"] as const;
const WORDS: Record<keyof Draft, string> = { name: "Name", time_zone: "Time zone", week_start: "Week start", fiscal_start: "Fiscal year", reading: "Reading of refunds", locked_through: "Period lock" };

const draftOf = (saved: Draft): Draft => Object.fromEntries(NAMES.map((name) => [name, saved[name]])) as Draft;

const changedIn = (saved: Draft, draft: Draft): Partial<Draft> => Object.fromEntries(NAMES.filter((name) => draft[name] !== saved[name]).map((name) => [name, draft[name]]));

function Edited({ read }: { read: Tagged<WorkspaceOut> }) {
  const [base, setBase] = useState(read);
  const [changed, set] = useKept<Partial<Draft>>("workspace", {});
  const [conflict, setConflict] = useState<string | null>(null);
  const { busy, wrong, said, send, clear } = useSend();
  const draft = { ...draftOf(base.data), ...changed };
  const change = (part: Partial<Draft>) => set(changedIn(base.data, { ...draft, ...part }));
  const owner = session.value?.user.role === "owner";

  function restart(from: Tagged<WorkspaceOut>) {
    setBase(from);
    set({});
    setConflict(null);
    clear();
  }
  async function patch(mine: Partial<Draft>, seen: Tagged<WorkspaceOut>): Promise<void> {
    try {
      const saved = await writeTagged<WorkspaceOut>("PATCH", "/workspace", mine satisfies WorkspaceIn, seen.etag);
      restart(saved);
      if (session.value) session.value = { ...session.value, workspace: saved.data };
      say("Workspace settings saved.", () => patch(changedIn(saved.data, draftOf(seen.data)), saved));
    } catch (error) {
      if (!(error instanceof Failed) || error.status !== 412) throw error;
      const theirs = await readTagged<WorkspaceOut>("/workspace");
      setBase(theirs);
      set(changedIn(theirs.data, { ...draftOf(theirs.data), ...mine }));
      setConflict(await whoSaved("/workspace", error, theirs.data.time_zone));
    }
  }
  const save = () => send(null, () => patch(changed, base));
  return (
    <div class="columns settings">
      <div>
        {conflict && (
          <Notice kind="warning">
            <p role="alert"><b>{conflict}</b> What you did not touch is as they saved it; your changes are still here.</p>
            <p class="actions"><button type="button" class="main" disabled={busy} onClick={save}>Use mine</button><button type="button" class="plain" onClick={() => restart(base)}>Use theirs</button></p>
          </Notice>
        )}
        {said}
        {!owner && <Notice kind="info"><p>Only owners of the workspace change these settings.</p></Notice>}
        <fieldset class="bare" disabled={!owner}>
          <Basics draft={draft} wrong={wrong} change={change} />
          <Reading saved={base.data} draft={draft} change={change} />
          <Lock saved={base.data} draft={draft} wrong={wrong} change={change} />
        </fieldset>
        <SaveBar dirty={Object.keys(changed).length > 0} busy={busy} what={effectsOf(base.data, draft)} onSave={save} onDiscard={() => restart(base)} />
      </div>
      <aside aria-label="History of these settings"><Changes of="/workspace" zone={base.data.time_zone} version={base.data.version} /></aside>
    </div>
  );
}

/** What saving does, where it is more than the setting itself. */
function effectsOf(saved: Draft, draft: Draft): readonly string[] {
  const { locked_through: now } = draft;
  const before = saved.locked_through;
  if (now !== before && now && (!before || now > before)) return [`Closes all days through ${dayName(now, "year")}`];
  if (now !== before && before) return [now ? `Opens the days after ${dayName(now, "year")} again` : "Opens all closed days again"];
  return [(Object.keys(changedIn(saved, draft)) as (keyof Draft)[]).map((name) => WORDS[name]).join(" · ")];
}

type Frame = { draft: Draft; change: (part: Partial<Draft>) => void };
const months = Array.from({ length: 12 }, (_, at) => new Date(Date.UTC(2026, at, 1)).toLocaleDateString("en-US", { month: "long", timeZone: "UTC" }));

const Basics = ({ draft, wrong, change }: Frame & { wrong: Readonly<Record<string, string>> }) => (
  <Card title="Name and calendar">
    <div class="pairs-of-fields">
      <Field name="name" label="Name" required maxLength={80} value={draft.name} error={wrong["name"]} onInput={(event) => change({ name: event.currentTarget.value })} />
      <div class="field">
        <label for="time_zone">Time zone</label>
        <ZoneSelect name="time_zone" value={draft.time_zone} wrong={!!wrong["time_zone"]} about="time_zone-help" onChoose={(time_zone) => change({ time_zone })} />
        {wrong["time_zone"] && <p class="wrong">{wrong["time_zone"]}</p>}
        <p class="quiet" id="time_zone-help">For times shown here. Each connection's days have their own.</p>
      </div>
      <div class="field">
        <label for="week_start">A week starts on</label>
        <select id="week_start" value={draft.week_start} onChange={(event) => change({ week_start: event.currentTarget.value === "sunday" ? "sunday" : "monday" })}>
          <option value="monday">Monday</option>
          <option value="sunday">Sunday</option>
        </select>
      </div>
      <div class="field">
        <label for="fiscal_start">The fiscal year starts in</label>
        <select id="fiscal_start" value={String(draft.fiscal_start)} onChange={(event) => change({ fiscal_start: Number(event.currentTarget.value) })}>
          {months.map((name, at) => <option key={name} value={String(at + 1)}>{name}</option>)}
        </select>
        <p class="quiet">Quarters are counted from it.</p>
      </div>
    </div>
  </Card>
);

const READING_TEXTS: readonly [WorkspaceOut["reading"], string][] = [
  ["event_day", "A refund of Nov 20 for an order of Nov 3 lowers Nov 20; Nov 3 stays as it was sold. Fits the money that moved."],
  ["order_day", "The same refund lowers Nov 3, whenever it comes; that day gets a new version. Fits how well each day sold."],
];

const Reading = ({ saved, draft, change }: Frame & { saved: Draft }) => (
  <Card title="Refunds and later changes count">
    <fieldset class="choices two-choices">
      <legend class="unseen">Refunds and later changes count</legend>
      {READING_TEXTS.map(([reading, text]) => (
        <div key={reading} class={`choice ${draft.reading === reading ? "chosen" : ""}`}>
          <label>
            <input type="radio" name="reading" value={reading} checked={draft.reading === reading} aria-describedby={`reading-${reading}`} onChange={() => change({ reading })} />
            <b>{READINGS[reading]}</b>
            <span class="quiet" id={`reading-${reading}`}>{text}</span>
          </label>
        </div>
      ))}
    </fieldset>
    {draft.reading !== saved.reading && <p class="note" role="status">All open days are shown the other way at once, from the same facts: nothing is downloaded. Closed days keep the reading they were closed under.</p>}
  </Card>
);

/** Days are closed through a date. The switch keeps the date that stood there, so that turning it twice changes nothing. */
function Lock({ saved, draft, wrong, change }: Frame & { saved: Draft; wrong: Readonly<Record<string, string>> }) {
  const [last, setLast] = useState(saved.locked_through ?? endOfLastMonth(saved.time_zone));
  const locked = draft.locked_through !== null;
  const opened = saved.locked_through !== null && (!draft.locked_through || draft.locked_through < saved.locked_through);
  useEffect(() => {
    if (draft.locked_through) setLast(draft.locked_through);
  }, [draft.locked_through]);
  return (
    <Card title="Period lock">
      <p class="quiet">Closed days are never restated. What comes late for them, a refund or an order found afterwards, is put on the first open day as a correction that names the day and version it corrects.</p>
      <label class="tick"><input type="checkbox" checked={locked} onChange={(event) => change({ locked_through: event.currentTarget.checked ? last : null })} /> Close days through a date</label>
      {locked && (
        <Field name="locked_through" label="Closed through" type="date" required value={draft.locked_through ?? ""} max={dayPlus(dayAt(new Date(), saved.time_zone), -1)} error={wrong["locked_through"]} help="This day and all before it, in every connection's own time zone." onInput={(event) => event.currentTarget.value && change({ locked_through: event.currentTarget.value })} />
      )}
      {opened && <Notice kind="warning"><p><b>Unlocking opens days whose figures may have left this house.</b> Late changes may restate them from then on; corrections that were posted meanwhile stay where they are.</p></Notice>}
    </Card>
  );
}

function endOfLastMonth(zone: string): string {
  return dayPlus(`${dayAt(new Date(), zone).slice(0, 7)}-01`, -1);
}
