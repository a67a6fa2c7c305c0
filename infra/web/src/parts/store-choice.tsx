// Which of many stores to bring in: boxes to tick, a search once there are many, and all or none at a time.
import { useState } from "preact/hooks";
import type { StoreOut } from "../wire.d.ts";
import { count, counted } from "../format.ts";

const SEARCH_FROM = 10;

type Frame = { stores: readonly StoreOut[]; chosen: readonly string[]; error: string | undefined; onChoose: (ids: readonly string[]) => void };

export function StoreChoice({ stores, chosen, error, onChoose }: Frame) {
  const [words, search] = useState("");
  const sought = words.trim().toLowerCase();
  const shown = stores.filter(({ name }) => name.toLowerCase().includes(sought));
  const ticked = new Set(chosen);
  /** In the order of the list, whatever was ticked first. */
  const choose = (wanted: (id: string) => boolean) => onChoose(stores.map(({ id }) => id).filter(wanted));
  const within = new Set(shown.map(({ id }) => id));
  return (
    <fieldset class="stores" aria-describedby={error ? "stores-error" : undefined}>
      <legend>Stores to bring in</legend>
      <div class="tools">
        {stores.length >= SEARCH_FROM && <input type="search" aria-label="Find a store" placeholder="Find a store" value={words} onInput={(event) => search(event.currentTarget.value)} />}
        <button type="button" onClick={() => choose((id) => ticked.has(id) || within.has(id))}>{sought ? "Tick these" : "All"}</button>
        <button type="button" onClick={() => choose((id) => ticked.has(id) && !within.has(id))}>{sought ? "Untick these" : "None"}</button>
        <span class="quiet" role="status">{count(chosen.length)} of {counted(stores.length, "store")} chosen</span>
      </div>
      <ul class="ticks" tabIndex={stores.length >= SEARCH_FROM ? 0 : undefined} aria-label="Stores">
        {shown.map(({ id, name }) => (
          <li key={id}><label class="tick"><input type="checkbox" name="stores" checked={ticked.has(id)} onChange={() => choose((one) => (one === id ? !ticked.has(id) : ticked.has(one)))} /> {name}</label></li>
        ))}
        {shown.length === 0 && <li class="quiet">No store of that name.</li>}
      </ul>
      {error && <p class="wrong" id="stores-error">{error}</p>}
    </fieldset>
  );
}
