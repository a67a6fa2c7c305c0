// The numbers of a sale's orders: all of them are read, so that the filter and the copy are true for all.
import { useEffect, useState } from "preact/hooks";
import type { ConnectionOut, ConnectionsOut, SaleOrderOut, SaleOrdersOut } from "../wire.d.ts";
import { Failed, read } from "../api.ts";
import { count, counted, money } from "../format.ts";
import { type Loaded, useLoad } from "../load.ts";
import { asked, query, to } from "../router.ts";
import { reasonOf } from "../words.ts";
import { Card, When } from "./page.tsx";
import { Empty, Region } from "./region.tsx";
import { AlsoIn, Flags, spoken } from "./tag.tsx";
import { say } from "./toast.tsx";

const PAGE = 200;
const PAGES_MAX = 500;

type Orders = { items: readonly SaleOrderOut[]; currency: string };

export function OrderNumbers({ at, zone }: { at: string; zone: string }) {
  const orders = useAll(`${at}/orders`);
  return <Card tight><Region of={orders} what="the order numbers" rows={8}>{(data) => <Listed data={data} zone={zone} />}</Region></Card>;
}

function useAll(path: string): Loaded<Orders> {
  const [state, set] = useState<{ data: Orders | undefined; failed: Failed | null }>({ data: undefined, failed: null });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    readAll(path, stop.signal).then(
      (data) => stop.signal.aborted || set({ data, failed: null }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof Failed)) throw error;
        set((before) => ({ ...before, failed: error }));
      },
    );
    return () => stop.abort();
  }, [path, tries]);
  return { ...state, busy: false, again: () => setTries(tries + 1) };
}

async function readAll(path: string, signal: AbortSignal): Promise<Orders> {
  const items: SaleOrderOut[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer: SaleOrdersOut = await read(asked(path, { cursor, limit: String(PAGE) }), signal);
    items.push(...answer.items);
    cursor = answer.next;
    if (!cursor) return { items, currency: answer.currency };
  }
  throw new Failed(500);
}

function Listed({ data, zone }: { data: Orders; zone: string }) {
  const [words, filter] = useState(query.value.get("find") ?? "");
  const [page, turn] = useState(0);
  const connections = useLoad<ConnectionsOut>(data.items.some((order) => order.also_in) ? "/connections" : null).data?.items ?? [];
  if (!data.items.length) return <Empty title="No orders.">What changed on this day belongs to orders of other days.</Empty>;
  const fitting = data.items.filter(({ number }) => number.toLowerCase().includes(words.trim().toLowerCase()));
  const shown = fitting.slice(page * PAGE, (page + 1) * PAGE);
  async function copy() {
    try {
      await navigator.clipboard.writeText(fitting.map(({ number }) => number).join("\n"));
      say(`${counted(fitting.length, "order number")} copied.`);
    } catch {
      say("This browser did not let us copy.");
    }
  }
  return (
    <>
      <div class="tools">
        <label><span class="unseen">Filter the numbers</span><input type="search" placeholder="Filter the numbers" value={words} onInput={(event) => (filter(event.currentTarget.value), turn(0))} /></label>
        <button type="button" onClick={() => void copy()}>Copy {words.trim() ? count(fitting.length) : "all"}</button>
        <span class="quiet" role="status">{counted(fitting.length, "order")}</span>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Order numbers">
        <table class="numbers">
          <thead><tr><th scope="col">Number</th><th scope="col" class="low">Placed</th><th scope="col" class="low">Status</th><th scope="col" class="figure">Total</th></tr></thead>
          <tbody>{shown.map((order) => <Row key={order.number} order={order} currency={data.currency} zone={zone} connections={connections} />)}</tbody>
        </table>
      </div>
      {fitting.length > PAGE && (
        <nav class="pages" aria-label="Pages">
          <span>Showing {count(page * PAGE + 1)}–{count(page * PAGE + shown.length)} of {count(fitting.length)}</span>
          <button type="button" disabled={page === 0} onClick={() => turn(page - 1)}>Previous</button>
          <button type="button" disabled={(page + 1) * PAGE >= fitting.length} onClick={() => turn(page + 1)}>Next</button>
        </nav>
      )}
    </>
  );
}

type RowFrame = { order: SaleOrderOut; currency: string; zone: string; connections: readonly ConnectionOut[] };

const Row = ({ order, currency, zone, connections }: RowFrame) => (
  <tr class={order.excluded ? "out" : ""}>
    <th scope="row">
      <a href={to(`/orders/${encodeURIComponent(order.sale_id)}`)}>{order.number}</a>
      <span class="quiet fold"><When at={order.placed_at} zone={zone} /></span>
      <span class="quiet fold"><Status order={order} connections={connections} /></span>
    </th>
    <td class="low"><When at={order.placed_at} zone={zone} /></td>
    <td class="low"><Status order={order} connections={connections} /></td>
    <td class="figure">{money(order.total, currency)}{order.events_total !== 0 && <span class="quiet"> {money(order.events_total, currency)} later</span>}</td>
  </tr>
);

const Status = ({ order, connections }: Pick<RowFrame, "order" | "connections">) => (
  <>
    {spoken(order.status)} {order.excluded && <span class="tag warning">Not counted: {reasonOf(order.excluded)}</span>}
    <AlsoIn id={order.also_in} connections={connections} />
    <Flags of={order.flags} />
  </>
);
