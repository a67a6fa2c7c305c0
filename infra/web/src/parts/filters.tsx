// The filters above a list: they live in the address, and a change of one goes back to the first page.
import type { ComponentChildren } from "preact";
import type { ConnectionOut } from "../wire.d.ts";
import { count } from "../format.ts";
import { go, path, query, to, turned } from "../router.ts";

/** `more` are further names that Clear takes back; without `days` nothing is asked by the day. */
type Frame = { connections: readonly Pick<ConnectionOut, "id" | "name">[]; search: string; more?: readonly string[]; days?: boolean; children?: ComponentChildren };
const NAMES = ["q", "connection", "from", "to"] as const;

export function FilterBar({ connections, search, more = [], days = true, children }: Frame) {
  const value = (name: string) => query.value.get(name) ?? "";
  const turn = (name: string, to: string) => go(turned({ [name]: to.trim() || null, ...(name === "connection" ? { store: null } : {}), cursor: null, at: null }));
  function find(event: SubmitEvent) {
    event.preventDefault();
    turn("q", String(new FormData(event.currentTarget as HTMLFormElement).get("q") ?? ""));
  }
  return (
    <form class="filters" role="search" aria-label="Filters" onSubmit={find}>
      <label class="wide-label"><span>{search}</span><input key={value("q")} type="search" name="q" defaultValue={value("q")} autoComplete="off" onChange={(event) => turn("q", event.currentTarget.value)} /></label>
      <label>
        <span>Connection</span>
        <select value={value("connection")} onChange={(event) => turn("connection", event.currentTarget.value)}>
          <option value="">All</option>
          {connections.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
        </select>
      </label>
      {days && <label><span>From</span><input type="date" value={value("from")} max={value("to")} onChange={(event) => turn("from", event.currentTarget.value)} /></label>}
      {days && <label><span>To</span><input type="date" value={value("to")} min={value("from")} onChange={(event) => turn("to", event.currentTarget.value)} /></label>}
      {[...NAMES, ...more].some(value) && <a class="button plain" href={to(path.value, { type: query.value.get("type"), tab: query.value.get("tab") })}>Clear</a>}
      {children}
    </form>
  );
}

/** Which rows of a list are shown, and the way to the next: `at` in the address is the first of them, `next` a cursor. */
export function Pages({ shown, of, next }: { shown: number; of: number; next: string | null }) {
  const start = Number(query.value.get("at") ?? 1);
  return (
    <nav class="pages" aria-label="Pages">
      <span>Showing {count(start)}–{count(start + shown - 1)} of {count(of)}</span>
      {start > 1 && <a class="button" href={turned({ cursor: null, at: null })}>First page</a>}
      {next && <a class="button" href={turned({ cursor: next, at: String(start + shown) })}>Next</a>}
    </nav>
  );
}
