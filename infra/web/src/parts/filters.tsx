// The filters above a list: they live in the address, and a change of one goes back to the first page.
import type { ComponentChildren } from "preact";
import type { ConnectionOut } from "../wire.d.ts";
import { go, path, query, to, turned } from "../router.ts";

/** `more` are further names that Clear takes back. */
type Frame = { connections: readonly ConnectionOut[]; search: string; more?: readonly string[]; children?: ComponentChildren };
const NAMES = ["q", "connection", "from", "to"] as const;

export function FilterBar({ connections, search, more = [], children }: Frame) {
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
      <label><span>From</span><input type="date" value={value("from")} max={value("to")} onChange={(event) => turn("from", event.currentTarget.value)} /></label>
      <label><span>To</span><input type="date" value={value("to")} min={value("from")} onChange={(event) => turn("to", event.currentTarget.value)} /></label>
      {[...NAMES, ...more].some(value) && <a class="button plain" href={to(path.value, { type: query.value.get("type") })}>Clear</a>}
      {children}
    </form>
  );
}
