// Beside the order settings: a real day as it will look, what it costs, and the reports that it allows.
import type { SampleOut } from "../wire.d.ts";
import type { Draft } from "../draft.ts";
import { count, counted, dayName, money, monthName } from "../format.ts";
import { Card } from "./page.tsx";
import { Notice } from "./region.tsx";

const LINES = 4;

export function Leaf({ sample, summary }: { sample: SampleOut; summary: Draft["summary"] }) {
  const orders = counted(sample.orders, "order");
  const become = sample.orders === 1 ? "becomes" : "become";
  const lines = counted(sample.skus, "SKU line");
  return (
    <Card title="What a day looks like" side={<span class="pill">{dayName(sample.day)}</span>}>
      <p class="quiet">
        {summary === "individual" && <>{orders} {sample.orders === 1 ? "stays" : "stay"} <b>{counted(sample.orders, "sale")}</b>, each with its own SKU lines.</>}
        {summary === "store" && <>{orders} {become} <b>one sale</b> with {lines}.</>}
        {summary === "month" && <>{orders} {become} part of <b>one sale for {monthName(sample.day)}</b>; this day adds {lines}.</>}
      </p>
      {summary === "individual" ? <OrderLeaf sample={sample} /> : <SkuLeaf sample={sample} />}
      {summary !== "individual" && sample.numbers.length > 0 && <p class="quiet">Order numbers inside: {listed(sample)}.</p>}
    </Card>
  );
}

function listed({ numbers, orders }: SampleOut): string {
  const more = orders - numbers.length;
  return more > 0 ? `${numbers.join(", ")} and ${count(more)} more` : numbers.join(", ");
}

function SkuLeaf({ sample }: { sample: SampleOut }) {
  const shown = sample.skus > LINES + 1 ? sample.lines.slice(0, LINES) : sample.lines;
  const rest = sample.skus - shown.length;
  const sum = (of: "quantity" | "net") => shown.reduce((sum, line) => sum + line[of], 0);
  return (
    <table class="ledger leaf" aria-label="SKU lines">
      <tbody>
        {shown.map((line, at) => (
          <tr key={line.sku ?? at}>
            <td class="nth">{at + 1}</td>
            <th scope="row">{[line.sku, line.title].filter(Boolean).join(" · ")}</th>
            <td class="figure">{count(line.quantity)}</td>
            <td class="figure">{money(line.net, sample.currency)}</td>
          </tr>
        ))}
        {rest > 0 && (
          <tr>
            <td class="nth">{shown.length + 1}</td>
            <th scope="row">{counted(rest, "more SKU", "more SKUs")}</th>
            <td class="figure">{count(sample.quantity - sum("quantity"))}</td>
            <td class="figure">{money(sample.net - sum("net"), sample.currency)}</td>
          </tr>
        )}
        <tr class="sum">
          <td class="nth" />
          <th scope="row">Total</th>
          <td class="figure">{count(sample.quantity)}</td>
          <td class="figure">{money(sample.net, sample.currency)}</td>
        </tr>
      </tbody>
    </table>
  );
}

const OrderLeaf = ({ sample }: { sample: SampleOut }) => (
  <table class="ledger leaf" aria-label="Orders">
    <tbody>
      {sample.numbers.map((number, at) => <tr key={number}><td class="nth">{at + 1}</td><th scope="row">{number}</th><td class="figure">its own sale</td></tr>)}
      {sample.orders > sample.numbers.length && <tr><td class="nth">{sample.numbers.length + 1}</td><th scope="row">{counted(sample.orders - sample.numbers.length, "more order", "more orders")}</th><td /></tr>}
      <tr class="sum"><td class="nth" /><th scope="row">Total</th><td class="figure">{money(sample.net, sample.currency)}</td></tr>
    </tbody>
  </table>
);

export const Billing = ({ orders }: { orders: number | null }) => (
  <Notice kind="info">
    <p><b>Summaries cost the same.</b> {orders ? `You are billed for the ${counted(orders, "order")} either way` : "You are billed for the orders either way, each once"}; a summary only keeps your books short.</p>
  </Notice>
);

const REPORTS: readonly [name: string, individual: boolean][] = [["Days, weeks, months", false], ["Top SKUs and channels", false], ["U.S. states", false], ["Customers", true]];

export const Reports = ({ summary }: { summary: Draft["summary"] }) => (
  <Card title="Reports with this setting">
    <dl class="pairs">
      {REPORTS.map(([name, individual]) => (
        <div key={name}><dt>{name}</dt><dd>{individual && summary !== "individual" ? "Individual sales only" : <b>Yes</b>}</dd></div>
      ))}
    </dl>
  </Card>
);
