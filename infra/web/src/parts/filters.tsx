// The filters above a list: they live in the address, and a change of one goes back to the first page. On a phone all but the
// search stand in a sheet at its lower edge.
import type { ComponentChildren } from "preact";
import type { ConnectionOut } from "../wire.d.ts";
import { go, path, query, to, turned } from "../router.ts";

/** `more` are further names that Clear takes back; their fields are `fields`. */
type Frame = { connections: readonly ConnectionOut[]; search: string; more?: readonly string[]; fields?: ComponentChildren; children?: ComponentChildren };
const NAMES = ["connection", "from", "to"] as const;

/** Turns one filter, or takes it back. */
export const turnFilter = (name: string, to: string): void => go(turned({ [name]: to.trim() || null, ...(name === "connection" ? { store: null } : {}), cursor: null, at: null }));

export function FilterBar({ connections, search, more = [], fields, children }: Frame) {
  const value = (name: string) => query.value.get(name) ?? "";
  const on = [...NAMES, ...more].filter(value).length;
  function find(event: SubmitEvent) {
    event.preventDefault();
    turnFilter("q", String(new FormData(event.currentTarget as HTMLFormElement).get("q") ?? ""));
  }
  return (
    <form class="filters" role="search" aria-label="Filters" onSubmit={find}>
      <label class="wide-label"><span>{search}</span><input key={value("q")} type="search" name="q" defaultValue={value("q")} autoComplete="off" onChange={(event) => turnFilter("q", event.currentTarget.value)} /></label>
      <button type="button" class="opens-sheet" popovertarget="filters">Filters{on > 0 && ` · ${on}`}</button>
      <div class="sheet" id="filters" popover="auto" role="group" aria-label="Filters">
        <p class="pair"><b>Filters</b></p>
        <FilterChoice name="connection" word="Connection" options={connections.map(({ id, name }) => [id, name])} />
        {fields}
        <label><span>From</span><input type="date" value={value("from")} max={value("to")} onChange={(event) => turnFilter("from", event.currentTarget.value)} /></label>
        <label><span>To</span><input type="date" value={value("to")} min={value("from")} onChange={(event) => turnFilter("to", event.currentTarget.value)} /></label>
        {(on > 0 || value("q")) && <a class="button plain" href={to(path.value, { type: query.value.get("type") })}>Clear</a>}
        <button type="button" class="main opens-sheet" popovertarget="filters" popovertargetaction="hide">Done</button>
      </div>
      {children}
    </form>
  );
}

export const FilterChoice = ({ name, word, options }: { name: string; word: string; options: readonly (readonly [value: string, word: string])[] }) => (
  <label>
    <span>{word}</span>
    <select value={query.value.get(name) ?? ""} onChange={(event) => turnFilter(name, event.currentTarget.value)}>
      <option value="">All</option>
      {options.map(([value, one]) => <option key={value} value={value}>{one}</option>)}
    </select>
  </label>
);
