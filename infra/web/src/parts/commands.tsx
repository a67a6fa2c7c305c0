// The command menu: pages, connections, syncs of a connection, and an order by its number.
import "../core.ts"; // what the first load has stays one file
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { ConnectionOut, ConnectionsOut, RangesOut, SalesOut, SyncOut } from "../wire.d.ts";
import { Failed, session, write } from "../api.ts";
import { dayName, rangeName } from "../format.ts";
import { over, PLACES } from "../keyboard.ts";
import { look } from "../live.ts";
import { useLoad, useRested } from "../load.ts";
import { asked, go, to } from "../router.ts";
import { Icon, type IconName } from "./icon.tsx";
import { say } from "./toast.tsx";

interface Command {
  id: string;
  icon: IconName;
  name: string;
  /** What stands beside it, and is searched as well. */
  side?: string;
  /** Keeps the menu open when it returns true. */
  act: () => boolean | void;
}

const SHOWN_MAX = 12;
const at = (id: string) => `/connections/${encodeURIComponent(id)}`;

export function Commands() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [within, enter] = useState<ConnectionOut | null>(null);
  const [chosen, choose] = useState(0);
  const [failed, fail] = useState<string | null>(null);
  const entered = useRef(false);
  const list = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const connections = useLoad<ConnectionsOut>("/connections").data?.items ?? [];
  const syncs = useSyncs(within, fail);
  const orders = useOrders(within ? "" : text);
  const commands = within ? matching(syncs.found, text) : [...orders.found, ...matching(everything(connections, step), text), ...searchFor(text)].slice(0, SHOWN_MAX);
  const current = Math.min(chosen, commands.length - 1);

  // Enter pressed while an order was looked for is answered with what was found.
  useEffect(() => {
    if (orders.busy || !entered.current) return;
    entered.current = false;
    run(commands[current]);
  });
  function step(into: ConnectionOut | null): true {
    enter(into);
    setText("");
    choose(0);
    return true;
  }
  function run(command: Command | undefined) {
    if (!command || command.act()) return;
    dialog.current?.close();
  }
  function onKey(event: KeyboardEvent) {
    const moves: Record<string, number> = { ArrowDown: current + 1, ArrowUp: current - 1 };
    const moved = moves[event.key];
    if (event.isComposing) return;
    if (moved !== undefined && commands.length) choose((moved + commands.length) % commands.length);
    else if (event.key === "Enter" && orders.busy) entered.current = true;
    else if (event.key === "Enter") run(commands[current]);
    else if (event.key === "Backspace" && within && !text) step(null);
    else return;
    event.preventDefault();
  }
  return (
    <dialog ref={dialog} class="commands" aria-label="Command menu" onClose={() => (over.value = null)} onClick={(event) => event.target === dialog.current && dialog.current?.close()}>
      <div class="asked">
        <Icon name="search" />
        {within && <span class="within">Sync {within.name}</span>}
        <input
          type="text" role="combobox" aria-expanded="true" aria-controls={list} aria-autocomplete="list" aria-label={within ? `Days of ${within.name} to sync` : "Page, connection, sync or order number"}
          {...(commands[current] ? { "aria-activedescendant": `${list}-${current}` } : {})}
          placeholder={within ? "Which days?" : "Go to, sync, or an order number"} value={text} autoComplete="off" spellcheck={false}
          onInput={(event) => (setText(event.currentTarget.value), choose(0), (entered.current = false))} onKeyDown={onKey}
        />
        <button type="button" class="plain" onClick={() => (within ? step(null) : dialog.current?.close())}>{within ? "Back" : "Close"}</button>
      </div>
      <ul role="listbox" id={list} aria-label="Commands">
        {commands.map((command, place) => (
          <li key={command.id} id={`${list}-${place}`} role="option" aria-selected={place === current} ref={(row) => void (place === current && row?.scrollIntoView({ block: "nearest" }))} onClick={() => run(command)}>
            <Icon name={command.icon} />
            <span>{command.name}</span>
            {command.side && <span class="quiet">{command.side}</span>}
          </li>
        ))}
      </ul>
      <p class="said" role="status">{failed ?? syncs.failed ?? (orders.busy ? "Looking for the order…" : commands.length ? "" : within && syncs.busy ? "Loading the days…" : "Nothing fits.")}</p>
    </dialog>
  );
}

const goTo = (place: string, query = {}) => () => go(to(place, query));

/** All that needs no question: pages, and what there is to do with a connection. */
function everything(connections: readonly ConnectionOut[], step: (into: ConnectionOut) => true): readonly Command[] {
  const role = session.value?.user.role;
  const pages: Command[] = [
    ...Object.values(PLACES).map(([place, name]): Command => ({ id: place, icon: "page", name, act: goTo(place) })),
    ...(role === "owner" ? [{ id: "/keys", icon: "key" as const, name: "API keys", act: goTo("/keys") }] : []),
    { id: "/workspace", icon: "page", name: "Workspace settings", side: "People", act: goTo("/workspace") },
    { id: "?", icon: "info", name: "Keyboard shortcuts", act: () => void setTimeout(() => (over.value = "shortcuts")) },
  ];
  const shops = connections.flatMap((one): Command[] => [
    { id: one.id, icon: "plug", name: one.name, side: "Connection", act: goTo(at(one.id)) },
    ...(role === "viewer" || one.state === "removed" ? [] : [{ id: `${one.id} sync`, icon: "again" as const, name: `Sync ${one.name}…`, side: "Choose days", act: () => step(one) }]),
    { id: `${one.id} settings`, icon: "page", name: `Order settings of ${one.name}`, act: goTo(`${at(one.id)}/settings`) },
  ]);
  return [...pages, ...shops];
}

/** Those in which every word that was typed begins a word. */
function matching(commands: readonly Command[], text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ name, side = "" }) => words.every((word) => ` ${name} ${side}`.toLowerCase().includes(` ${word}`)));
}

const isNumber = (text: string): boolean => /\d/.test(text) && text.trim().length <= 60;

const searchFor = (text: string): readonly Command[] =>
  isNumber(text) ? [{ id: "search", icon: "search", name: `Search all orders for “${text.trim()}”`, act: goTo("/orders", { q: text.trim() }) }] : [];

/** Orders whose number it is, or begins with it: exact ones first. */
function useOrders(text: string): { found: readonly Command[]; busy: boolean } {
  const number = isNumber(text) ? text.trim() : "";
  const rested = useRested(number);
  const sales = useLoad<SalesOut>(rested ? asked("/sales", { q: rested, limit: "1" }) : null);
  const fresh = !!rested && rested === number && !sales.busy && !sales.failed;
  const found = (fresh && sales.data?.found_in) || [];
  return {
    found: found.slice(0, 5).map(({ number, sale_id, connection, day }) => ({
      id: `${sale_id} ${number}`, icon: "receipt", name: `Order ${number}`, side: `${connection}, ${dayName(day)}`,
      act: goTo(`/orders/${encodeURIComponent(sale_id)}`, { tab: "orders", find: number }),
    })),
    busy: !!number && !fresh && !sales.failed,
  };
}

/** The presets of a connection with their two dates; choosing one begins the sync and shows it. */
function useSyncs(of: ConnectionOut | null, fail: (why: string | null) => void): { found: readonly Command[]; busy: boolean; failed: string | null } {
  const ranges = useLoad<RangesOut>(of && `${at(of.id)}/ranges`);
  const sent = useRef(false);
  async function begin(preset: RangesOut["items"][number], one: ConnectionOut) {
    if (sent.current) return;
    sent.current = true;
    fail(null);
    try {
      const begun = await write<SyncOut>("POST", "/syncs", { connection_id: one.id, from: preset.from, to: preset.to });
      over.value = null;
      say(`Syncing ${rangeName(preset.from, preset.to)} of ${one.name}.`);
      look();
      go(to(`/syncs/${encodeURIComponent(begun.id)}`));
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      fail(Object.values(error.fields)[0] ?? error.message);
    } finally {
      sent.current = false;
    }
  }
  const found = (of && ranges.data?.items) || [];
  return {
    found: found.map((preset) => ({ id: preset.preset, icon: "again", name: preset.label, side: rangeName(preset.from, preset.to), act: () => (void begin(preset, of as ConnectionOut), true) })),
    busy: ranges.busy,
    failed: ranges.failed?.message ?? null,
  };
}
