// Summary sales as a table. On a phone the figures fold into the second line of the first column.
import type { ConnectionOut, FiguresOut, SaleOut } from "../wire.d.ts";
import { count, counted, money } from "../format.ts";
import { to } from "../router.ts";
import { SortHead } from "./sorting.tsx";
import { SaleTag, Tile } from "./tag.tsx";

type Frame = {
  items: readonly SaleOut[];
  connections: readonly ConnectionOut[];
  label: string;
  totals?: SumOf;
  /** Its heads sort; the list is then one of which the address says how. */
  sorts?: boolean;
};
type SumOf = { orders: number; figures: readonly FiguresOut[]; sales: number };

export function SalesTable({ items, connections, label, totals, sorts }: Frame) {
  const colours = new Map(connections.map(({ id, colour }) => [id, colour]));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table class="sales">
        <thead>
          <tr>
            {sorts ? <SortHead by="day" usual="-day">Summary</SortHead> : <th scope="col">Summary</th>}
            {sorts ? <SortHead by="orders" usual="-day" class="figure low">Orders</SortHead> : <th scope="col" class="figure low">Orders</th>}
            <th scope="col" class="figure low">SKUs</th>
            <th scope="col" class="figure low">Units</th>
            {sorts ? <SortHead by="net" usual="-day" class="figure">Net sales</SortHead> : <th scope="col" class="figure">Net sales</th>}
            <th scope="col" class="low">State</th>
          </tr>
        </thead>
        <tbody>{items.map((sale) => <Row key={sale.id} sale={sale} colour={colours.get(sale.connection_id) ?? 1} />)}</tbody>
        {totals && <Totals totals={totals} />}
      </table>
    </div>
  );
}

/** One row; with several currencies one more for each, since they do not add up. */
function Totals({ totals: { orders, figures, sales } }: { totals: SumOf }) {
  const [only] = figures;
  return (
    <tfoot>
      <tr>
        <th scope="row">Total of {counted(sales, "sale")}</th>
        <td class="figure low">{count(orders)}</td>
        <td class="low" />
        <td class="figure low">{count(figures.reduce((sum, { quantity }) => sum + quantity, 0))}</td>
        <td class="figure">{only && figures.length === 1 && money(only.net_sales, only.currency)}</td>
        <td class="low" />
      </tr>
      {figures.length > 1 && figures.map(({ currency, quantity, net_sales }) => (
        <tr key={currency}>
          <th scope="row">in {currency}</th>
          <td class="low" />
          <td class="low" />
          <td class="figure low">{count(quantity)}</td>
          <td class="figure">{money(net_sales, currency)}</td>
          <td class="low" />
        </tr>
      ))}
    </tfoot>
  );
}

/** A month says what it does not hold yet. */
export const lacking = ({ type, missing_days = 0 }: SaleOut): string => (type === "month" && missing_days > 0 ? `${counted(missing_days, "day")} missing` : "");

const Row = ({ sale, colour }: { sale: SaleOut; colour: number }) => (
  <tr>
    <th scope="row">
      <span class="row">
        <Tile name={sale.store} colour={colour} />
        <span class="two">
          <a class="whole" href={to(`/orders/${encodeURIComponent(sale.id)}`)}>{sale.store}<span class="unseen">, {sale.title}</span></a>
          <span class="quiet">{sale.title}{sale.store !== sale.connection && ` · ${sale.connection}`}{lacking(sale) && ` · ${lacking(sale)}`}</span>
          <span class="quiet fold">{counted(sale.orders, "order")} · {counted(sale.skus, "SKU")} · {counted(sale.quantity, "unit")} <SaleTag sale={sale} /></span>
        </span>
      </span>
    </th>
    <td class="figure low">{count(sale.orders)}</td>
    <td class="figure low">{count(sale.skus)}</td>
    <td class="figure low">{count(sale.quantity)}</td>
    <td class="figure">{money(sale.net.minor, sale.net.currency)}</td>
    <td class="low"><SaleTag sale={sale} /></td>
  </tr>
);
