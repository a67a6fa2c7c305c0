// Individual sales as a table: each order its own row, those that do not count with the reason why.
import type { ConnectionOut, OrderSaleOut } from "../wire.d.ts";
import { count, counted, money } from "../format.ts";
import { to } from "../router.ts";
import { reasonOf } from "../words.ts";
import { homeZone, When } from "./page.tsx";
import { AlsoIn, spoken, Tile } from "./tag.tsx";

export function OrdersTable({ items, connections }: { items: readonly OrderSaleOut[]; connections: readonly ConnectionOut[] }) {
  const known = new Map(connections.map((one) => [one.id, one]));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Individual sales">
      <table class="sales">
        <thead>
          <tr>
            <th scope="col">Order</th>
            <th scope="col" class="low">Placed</th>
            <th scope="col" class="low">Customer</th>
            <th scope="col" class="figure low">Items</th>
            <th scope="col" class="figure">Total</th>
            <th scope="col" class="low">State</th>
          </tr>
        </thead>
        <tbody>{items.map((order) => <Row key={order.id} order={order} of={known.get(order.connection_id)} connections={connections} />)}</tbody>
      </table>
    </div>
  );
}

type RowFrame = { order: OrderSaleOut; of: ConnectionOut | undefined; connections: readonly ConnectionOut[] };

function Row({ order, of, connections }: RowFrame) {
  const placed = <When at={order.placed_at} zone={of?.time_zone ?? homeZone()} />;
  return (
    <tr class={order.excluded ? "out" : ""}>
      <th scope="row">
        <span class="row">
          <Tile name={order.store} colour={of?.colour ?? 1} />
          <span class="two">
            <a class="whole" href={to(`/orders/${encodeURIComponent(order.id)}`)}>{order.number}</a>
            <span class="quiet">{order.store}</span>
            <span class="quiet fold">{placed} · {counted(order.items, "item")} <State order={order} connections={connections} /></span>
          </span>
        </span>
      </th>
      <td class="low">{placed}</td>
      <td class="low"><Buyer order={order} /></td>
      <td class="figure low">{count(order.items)}</td>
      <td class="figure">{money(order.total.minor, order.total.currency)}</td>
      <td class="low"><State order={order} connections={connections} /></td>
    </tr>
  );
}

/** Name and region where they are kept; days from before that lack them until synced again. */
export const Buyer = ({ order }: { order: OrderSaleOut }) =>
  order.customer || order.region ? <>{order.customer}{order.region && <span class="quiet"> {order.region}</span>}</> : <span class="quiet">not kept</span>;

const State = ({ order, connections }: Pick<RowFrame, "order" | "connections">) => (
  <>
    <span class="tag plain">{spoken(order.status)}</span>
    {order.excluded && <span class="tag warning">Not counted: {reasonOf(order.excluded)}</span>}
    <AlsoIn id={order.also_in} connections={connections} />
    {order.flags.map((flag) => <span key={flag} class="tag warning">{spoken(flag)}</span>)}
  </>
);
