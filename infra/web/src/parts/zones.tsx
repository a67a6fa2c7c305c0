// The time zones of the world by region, each with its distance from UTC today.
import { useEffect, useState } from "preact/hooks";
import { homeZone } from "./page.tsx";

type Zones = readonly (readonly [region: string, zones: readonly string[]])[];
let known: Zones | null = null;
const offsets = new Map<string, string>();

const cityOf = (zone: string): string => (zone.split("/").slice(1).join(", ") || zone).replaceAll("_", " ");

/** UTC−5, as of today. */
export function offsetOf(zone: string): string {
  let offset = offsets.get(zone);
  if (offset === undefined) {
    const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts();
    offset = (parts.find(({ type }) => type === "timeZoneName")?.value ?? "").replace("GMT", "UTC").replace("-", "−") || "UTC";
    offsets.set(zone, offset);
  }
  return offset;
}

const zoneLabel = (zone: string): string => (zone === "UTC" ? "UTC" : `${cityOf(zone)} (${offsetOf(zone)})`);

/** By region, sorted by city. */
function allZones(): Zones {
  const regions = new Map<string, string[]>();
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    const region = zone.includes("/") ? (zone.split("/")[0] ?? "") : "Other";
    regions.set(region, [...(regions.get(region) ?? []), zone]);
  }
  return (known ??= [...regions].map(([region, zones]) => [region, zones.sort((a, b) => cityOf(a).localeCompare(cityOf(b)))]));
}

type Frame = { name: string; value: string; about?: string | undefined; wrong?: boolean; onChoose: (zone: string) => void };

// 400 labels take a phone a second: they are made when somebody comes near, at the latest when the page is at rest.
const REST_MS = 2000;

/** A native list: typing a city's first letters finds it. */
export function ZoneSelect({ name, value, about, wrong = false, onChoose }: Frame) {
  const [zones, set] = useState<Zones>(known ?? []);
  const [first] = useState(value);
  const fill = () => set(known ?? allZones());
  useEffect(() => {
    const timer = setTimeout(fill, REST_MS);
    return () => clearTimeout(timer);
  }, []);
  const listed = zones.some(([, list]) => list.includes(value));
  const near = [...new Set([first, homeZone(), Intl.DateTimeFormat().resolvedOptions().timeZone, "UTC", ...(listed ? [] : [value])])];
  return (
    <select id={name} name={name} value={value} aria-invalid={wrong} {...(about ? { "aria-describedby": about } : {})} onPointerEnter={fill} onFocus={fill} onChange={(event) => onChoose(event.currentTarget.value)}>
      <optgroup label="Close at hand">{near.map((zone) => <option key={zone} value={zone}>{zoneLabel(zone)}</option>)}</optgroup>
      {zones.map(([region, list]) => (
        <optgroup key={region} label={region}>{list.filter((zone) => !near.includes(zone)).map((zone) => <option key={zone} value={zone}>{zoneLabel(zone)}</option>)}</optgroup>
      ))}
    </select>
  );
}
