// Who changed which setting, from what to what.
import type { ChangeOut, ChangesOut } from "../wire-new.d.ts";
import { useLoad } from "../load.ts";
import { asked } from "../router.ts";
import { Card, When } from "./page.tsx";
import { Empty, Region } from "./region.tsx";
import { spoken } from "./tag.tsx";

const LATEST = 20;

export function Changes({ of, zone, version }: { of: string; zone: string; version: unknown }) {
  const changes = useLoad<ChangesOut>(asked(`${of}/changes`, { limit: String(LATEST) }), version);
  return (
    <Card title="Who changed what">
      <Region of={changes} what="the changes" rows={2}>
        {({ items }) => (items.length ? <ul class="changes">{items.map((one) => <Entry key={one.id} change={one} zone={zone} />)}</ul> : <Empty title="Nothing was changed yet.">Each change is kept with who made it and when.</Empty>)}
      </Region>
    </Card>
  );
}

const Entry = ({ change, zone }: { change: ChangeOut; zone: string }) => (
  <li>
    <p class="quiet"><When at={change.at} zone={zone} /> · {change.actor}</p>
    <dl>
      {[...new Set([...Object.keys(change.before), ...Object.keys(change.after)])]
        .filter((name) => name !== "version" && shown(change.before[name]) !== shown(change.after[name]))
        .map((name) => <div key={name}><dt>{spoken(name)}</dt><dd><del>{shown(change.before[name])}</del> → <ins>{shown(change.after[name])}</ins></dd></div>)}
    </dl>
  </li>
);

/** A value as a person reads it; nothing is "none". */
function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "none";
  if (Array.isArray(value)) return value.map(shown).join(", ") || "none";
  if (typeof value === "object") return Object.entries(value).map(([name, one]) => `${spoken(name).toLowerCase()} ${shown(one)}`).join(", ");
  return typeof value === "string" && /^[a-z_]+$/.test(value) ? spoken(value).toLowerCase() : String(value);
}
