// Individual sales as a list: each order its own row, those that do not count with the reason why.
import type { ConnectionOut, OrderSaleOut } from "../wire.d.ts";
import { count, counted, money } from "../format.ts";
import { to } from "../router.ts";
import { reasonOf } from "../words.ts";
import { type Column, List, type Sum } from "./columns.tsx";
import { homeZone, When } from "./page.tsx";
import { AlsoIn, Flags, spoken, Tile } from "./tag.tsx";

type Known = ReadonlyMap<string, ConnectionOut>;

/** The API lists orders by day alone: to sort them by anything else it would have to open every day of the filter. */
export const orderColumns = (known: Known): readonly Column<OrderSaleOut>[] => [
  { name: "placed", word: "Placed", cell: (order) => <Placed order={order} known={known} /> },
  { name: "customer", word: "Customer", cell: (order) => <Buyer order={order} /> },
  { name: "items", word: "Items", figure: true, cell: ({ items }) => count(items) },
  { name: "order-net", word: "Net sales", figure: true, spare: true, cell: ({ net }) => money(net.minor, net.currency) },
  { name: "order-total", word: "Total", figure: true, kept: true, cell: (order) => money(order.total.minor, order.total.currency) },
  { name: "status", word: "State", cell: (order) => <State order={order} known={known} /> },
];

export function OrdersTable({ items, connections, sums }: { items: readonly OrderSaleOut[]; connections: readonly ConnectionOut[]; sums: readonly Sum[] }) {
  const known: Known = new Map(connections.map((one) => [one.id, one]));
  const first = {
    word: "Order",
    cell: (order: OrderSaleOut) => (
      <span class="row">
        <Tile name={order.connection} colour={known.get(order.connection_id)?.colour ?? 1} />
        <span class="two">
          <a class="whole" href={to(`/orders/${encodeURIComponent(order.id)}`)}>{order.number}</a>
          <span class="quiet"><bdi>{order.store}</bdi></span>
          <span class="quiet fold"><Placed order={order} known={known} /> · {counted(order.items, "item")}</span>
          <span class="fold"><State order={order} known={known} /></span>
        </span>
      </span>
    ),
  };
  return <List label="Individual sales" rows={items} keyOf={({ id }) => id} classOf={({ excluded }) => (excluded ? "out" : "")} first={first} columns={orderColumns(known)} sums={sums} whole />;
}

type Frame = { order: OrderSaleOut; known: Known };

const Placed = ({ order, known }: Frame) => <When at={order.placed_at} zone={known.get(order.connection_id)?.time_zone ?? homeZone()} />;

/** Name and region where they are kept; days from before that lack them until synced again. */
export const Buyer = ({ order }: { order: OrderSaleOut }) =>
  order.customer || order.region ? <><bdi>{order.customer}</bdi>{order.region && <span class="quiet"> {order.region}</span>}</> : <span class="quiet">not kept</span>;

const State = ({ order, known }: Frame) => (
  <>
    <span class="tag plain">{spoken(order.status)}</span>
    {order.excluded && <span class="tag warning">Not counted: {reasonOf(order.excluded)}</span>}
    <AlsoIn id={order.also_in} connections={[...known.values()]} />
    <Flags of={order.flags} />
  </>
);
