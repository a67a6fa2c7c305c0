// The filters above a list: they live in the address, and a change of one goes back to the first page. On a phone all but the
// search stand in a sheet at its lower edge.
import type { ComponentChildren } from "preact";
import type { ConnectionOut } from "../wire.d.ts";
import { count } from "../format.ts";
import { go, path, query, to, turned } from "../router.ts";

/** `more` are further names that Clear takes back; their fields are `fields`. Without `days` nothing is asked by the day. */
type Frame = { connections: readonly Pick<ConnectionOut, "id" | "name">[]; search: string; more?: readonly string[]; days?: boolean; fields?: ComponentChildren; children?: ComponentChildren };
const NAMES = ["connection", "from", "to"] as const;

/** Turns one filter, or takes it back. */
export const turnFilter = (name: string, to: string): void => go(turned({ [name]: to.trim() || null, ...(name === "connection" ? { store: null } : {}), cursor: null, at: null }));

export function FilterBar({ connections, search, more = [], days = true, fields, children }: Frame) {
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
        {days && <label><span>From</span><input type="date" value={value("from")} max={value("to")} onChange={(event) => turnFilter("from", event.currentTarget.value)} /></label>}
        {days && <label><span>To</span><input type="date" value={value("to")} min={value("from")} onChange={(event) => turnFilter("to", event.currentTarget.value)} /></label>}
        {(on > 0 || value("q")) && <a class="button plain" href={to(path.value, { type: query.value.get("type"), tab: query.value.get("tab") })}>Clear</a>}
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

/** Which rows of a list are shown, and the way to the next: `at` in the address is the first of them, `next` a cursor. */
export function Pages({ shown, of, next, turned: rise }: { shown: number; of: number; next: string | null; turned?: () => void }) {
  const start = Number(query.value.get("at") ?? 1);
  return (
    <nav class="pages" aria-label="Pages">
      <span>Showing {count(start)}–{count(start + shown - 1)} of {count(of)}</span>
      {start > 1 && <a class="button" href={turned({ cursor: null, at: null })} onClick={rise}>First page</a>}
      {next && <a class="button" href={turned({ cursor: next, at: String(start + shown) })} onClick={rise}>Next</a>}
    </nav>
  );
}
