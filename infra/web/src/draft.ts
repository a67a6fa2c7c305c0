// Order settings as they are being edited: what differs from those saved, what saving will do, and how two edits are joined.
import type { SettingsIn, SettingsOut } from "./wire.d.ts";
import { session } from "./api.ts";
import { counted, dayName, rangeName, zoneName } from "./format.ts";
import { type Chosen, NONE } from "./parts/range.tsx";

export interface Draft {
  summary: SettingsOut["summary"];
  time_zone: string;
  recut: boolean;
  counting: SettingsOut["counting"];
  statuses: readonly string[];
  interval_min: number;
  days: Chosen;
}

export const SUMMARIES: Record<SettingsOut["summary"], string> = { individual: "Individual sales", store: "By store name", month: "By order-date month" };
export const COUNTINGS: Record<SettingsOut["counting"], string> = { channel: "Match the channel", paid: "Paid only", custom: "Choose" };

export function draftOf(saved: SettingsOut): Draft {
  const { summary, time_zone, counting, interval_min } = saved;
  return { summary, time_zone, recut: false, counting, statuses: chosenOf(saved), interval_min, days: NONE };
}

const chosenOf = ({ counting, statuses }: SettingsOut): readonly string[] => (counting === "custom" ? statuses.filter(({ counts }) => counts).map(({ value }) => value) : []);

/** Which statuses count with this draft. */
export function countsWith({ statuses }: SettingsOut, draft: Draft): ReadonlySet<string> {
  if (draft.counting === "custom") return new Set(draft.statuses);
  return new Set(statuses.filter((one) => (draft.counting === "paid" ? one.paid : one.by_default)).map(({ value }) => value));
}

/** One line for each setting that differs: its name, as saved, as drafted. */
export function differences(saved: SettingsOut, draft: Draft): readonly (readonly [name: string, saved: string, draft: string])[] {
  const labels = new Map(saved.statuses.map(({ value, label }) => [value, label]));
  const counted = (counting: Draft["counting"], statuses: readonly string[]) =>
    counting === "custom" ? statuses.map((value) => labels.get(value) ?? value).sort().join(", ") || "No orders" : COUNTINGS[counting];
  const all: [string, string, string][] = [
    ["Summary transaction", SUMMARIES[saved.summary], SUMMARIES[draft.summary]],
    ["Time zone of a day", zoneName(saved.time_zone), zoneName(draft.time_zone)],
    ["Which orders count", counted(saved.counting, chosenOf(saved)), counted(draft.counting, draft.statuses)],
    ["Re-summarise", intervalName(saved.interval_min), intervalName(draft.interval_min)],
  ];
  return all.filter(([, one, other]) => one !== other);
}

/** Days count as touched once any of them stands there. */
export const isTouched = ({ days }: Draft): boolean => !!(days.from || days.to);

export const isDirty = (saved: SettingsOut, draft: Draft): boolean => isTouched(draft) || differences(saved, draft).length > 0;

export const intervalName = (minutes: number): string =>
  minutes >= 1440 ? "Once a day" : minutes === 60 ? "Every hour" : minutes > 60 ? `Every ${minutes / 60} hours` : `Every ${minutes} minutes`;

/** What saving will do, in sentences; the dates that it syncs come first. */
export function consequences(saved: SettingsOut, draft: Draft): readonly string[] {
  const { days } = draft;
  const moved = draft.time_zone !== saved.time_zone;
  const said = [
    days.from && days.to && days.from <= days.to && `Saving also syncs ${rangeName(days.from, days.to)}`,
    moved && (draft.recut ? `Cuts ${counted(saved.days_here, "day")} again` : `Days are cut anew from ${dayName(saved.seam_day)}`),
    saved.summary === "individual" && draft.summary !== "individual" && "Erases the customers' names and regions",
  ].filter((one): one is string => !!one);
  if (isTouched(draft) && !(days.from && days.to && days.from <= days.to)) said.push("The days to sync are not right yet");
  return said.length ? said : [differences(saved, draft).map(([name]) => name).join(" · ")];
}

/** Saving the settings before once more takes it all back: no day was synced or cut, and no name erased. */
export const isUndone = (saved: SettingsOut, draft: Draft): boolean => !isTouched(draft) && draft.time_zone === saved.time_zone && saved.summary !== "individual";

export const bodyOf = ({ summary, time_zone, recut, counting, statuses, interval_min, days }: Draft): SettingsIn => ({
  summary, time_zone, recut, counting, statuses: counting === "custom" ? statuses : [], interval_min, sync: days.from || days.to ? { from: days.from, to: days.to } : null,
});

/** My edits on top of what somebody else saved meanwhile: what I did not touch is as they left it. */
export function rebased(before: SettingsOut, mine: Draft, theirs: SettingsOut): Draft {
  const [was, now] = [draftOf(before), draftOf(theirs)];
  const counts = mine.counting === was.counting && String(mine.statuses) === String(was.statuses) ? now : mine;
  return {
    summary: mine.summary === was.summary ? now.summary : mine.summary,
    time_zone: mine.time_zone === was.time_zone ? now.time_zone : mine.time_zone,
    interval_min: mine.interval_min === was.interval_min ? now.interval_min : mine.interval_min,
    counting: counts.counting,
    statuses: counts.statuses,
    recut: mine.recut,
    days: mine.days,
  };
}

/** Edits outlive a session that ends meanwhile, for the one who made them. */
const kept = new Map<string, { saved: SettingsOut; draft: Draft }>();
const keyOf = (connection: string) => `${session.value?.user.id} ${connection}`;

export const keptDraft = (connection: string) => kept.get(keyOf(connection));
export const keepDraft = (connection: string, saved: SettingsOut, draft: Draft) => void kept.set(keyOf(connection), { saved, draft });
export const dropDraft = (connection: string) => void kept.delete(keyOf(connection));
