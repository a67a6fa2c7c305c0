// Summary sales as a list. On a phone the figures fold into the second line of the first column.
import type { ConnectionOut, FiguresOut, SaleOut } from "../wire.d.ts";
import { count, counted, money } from "../format.ts";
import { to } from "../router.ts";
import { type Column, List, type Sum } from "./columns.tsx";
import { SaleTag, Tile } from "./tag.tsx";

/** Its heads sort where the address says how. */
type Frame = { items: readonly SaleOut[]; connections: readonly ConnectionOut[]; label: string; sums?: readonly Sum[]; sorts?: boolean; whole?: boolean };

export const SUMMARY_COLUMNS: readonly Column<SaleOut>[] = [
  { name: "orders", word: "Orders", figure: true, sort: "orders", cell: ({ orders }) => count(orders) },
  { name: "skus", word: "SKUs", figure: true, cell: ({ skus }) => count(skus) },
  { name: "units", word: "Units", figure: true, cell: ({ quantity }) => count(quantity) },
  { name: "gross", word: "Gross sales", figure: true, spare: true, cell: ({ gross }) => money(gross.minor, gross.currency) },
  { name: "net", word: "Net sales", figure: true, kept: true, sort: "net", cell: (sale) => <>{money(sale.net.minor, sale.net.currency)}<span class="fold"><SaleTag sale={sale} /></span></> },
  { name: "total", word: "Total", figure: true, spare: true, cell: ({ total }) => money(total.minor, total.currency) },
  { name: "state", word: "State", cell: (sale) => <SaleTag sale={sale} /> },
  { name: "version", word: "Version", figure: true, spare: true, cell: ({ version }) => count(version) },
];

export function SalesTable({ items, connections, label, sums = [], sorts, whole }: Frame) {
  const colours = new Map(connections.map(({ id, colour }) => [id, colour]));
  const first = { word: "Summary", sort: "day", cell: (sale: SaleOut) => <First sale={sale} colour={colours.get(sale.connection_id) ?? 1} /> };
  return <List label={label} rows={items} keyOf={({ id }) => id} first={first} columns={SUMMARY_COLUMNS} sums={sums} sorts={sorts} whole={whole} />;
}

/** One row; with several currencies one more for each, since they do not add up. */
export function sumsOf(sales: number, orders: number, figures: readonly FiguresOut[]): readonly Sum[] {
  const cells = (of: FiguresOut) => ({ units: count(of.quantity), gross: money(of.gross, of.currency), net: money(of.net_sales, of.currency), total: money(of.total, of.currency), items: count(of.quantity), "order-net": money(of.net_sales, of.currency), "order-total": money(of.total, of.currency) });
  const quantity = count(figures.reduce((sum, one) => sum + one.quantity, 0));
  const [only] = figures;
  const whole = only && figures.length === 1 ? cells(only) : { units: quantity, items: quantity };
  return [{ title: `Total of ${counted(sales, "sale")}`, cells: { ...whole, orders: count(orders) } }, ...(figures.length > 1 ? figures.map((one) => ({ title: `in ${one.currency}`, cells: cells(one) })) : [])];
}

/** A month says what it does not hold yet. */
export const lacking = ({ type, missing_days = 0 }: SaleOut): string => (type === "month" && missing_days > 0 ? `${counted(missing_days, "day")} missing` : "");

const First = ({ sale, colour }: { sale: SaleOut; colour: number }) => (
  <span class="row">
    <Tile name={sale.connection} colour={colour} />
    <span class="two">
      <a class="whole" href={to(`/orders/${encodeURIComponent(sale.id)}`)}><bdi>{sale.store}</bdi><span class="unseen">, {sale.title}</span></a>
      <span class="quiet">{sale.title}<span class="fold in"> · {counted(sale.orders, "order")}</span>{sale.store !== sale.connection && <> · <bdi>{sale.connection}</bdi></>}{lacking(sale) && ` · ${lacking(sale)}`}</span>
    </span>
  </span>
);
